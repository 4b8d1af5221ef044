/** What a night costs each profile of stays in each column of rooms, and what is paid between stays. */
public record Costs(long[][] rates, long[] gap, int slotsPerNight, long apart, long notConnecting, int budget) {
    long rate(int column, int profile) {
        return rates[column][profile];
    }

    long gap(int slots) {
        int nights = Math.floorDiv(slots, slotsPerNight);
        return nights >= 1 && nights <= gap.length ? gap[nights - 1] : 0;
    }
}
