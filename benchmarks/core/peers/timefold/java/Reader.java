import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads a problem as benchmarks/core/peers/timefold/peer.py writes it: arrays of longs, each after its length. */
final class Reader {
    private final DataInputStream in;

    Reader(DataInputStream in) {
        this.in = in;
    }

    long[] next() throws IOException {
        long[] items = new long[in.readInt()];
        byte[] bytes = in.readNBytes(items.length * 8);
        ByteBuffer.wrap(bytes).asLongBuffer().get(items);
        return items;
    }

    /** Lists end to end: first where each starts, then the items. */
    long[][] lists() throws IOException {
        long[] start = next();
        long[] items = next();
        long[][] lists = new long[start.length - 1][];
        for (int i = 0; i < lists.length; i++) {
            lists[i] = Arrays.copyOfRange(items, (int) start[i], (int) start[i + 1]);
        }
        return lists;
    }

    Hotel hotel() throws IOException {
        long[] numbers = next();
        long[] gap = next();
        long[][] rates = new long[(int) numbers[4]][];
        for (int column = 0; column < rates.length; column++) {
            rates[column] = next();
        }
        Costs costs = new Costs(rates, gap, (int) numbers[0], numbers[1], numbers[2], (int) numbers[3]);
        List<Room> rooms = rooms(costs);
        Hotel hotel = new Hotel(costs);
        stays(hotel, rooms);
        hotel.close(rooms);
        return hotel;
    }

    private List<Room> rooms(Costs costs) throws IOException {
        long[] column = next(), beds = next(), same = next(), building = next(), floor = next(), position = next();
        long[][] doors = lists(), rivals = lists();
        List<Room> rooms = new ArrayList<>();
        for (int r = 0; r < column.length; r++) {
            rooms.add(new Room(costs, r, (int) column[r], (int) beds[r], same[r] != 0, (int) building[r], (int) floor[r],
                    (int) position[r]));
        }
        for (Room room : rooms) {
            for (long other : doors[room.number]) {
                room.doors.add(rooms.get((int) other));
            }
            for (long other : rivals[room.number]) {
                room.rivals.add(rooms.get((int) other));
            }
        }
        return rooms;
    }

    private void stays(Hotel hotel, List<Room> rooms) throws IOException {
        long[] start = next(), end = next(), penalty = next(), held = next(), locked = next(), gender = next();
        long[] group = next(), wants = next(), profile = next(), nights = next(), extra = next();
        long[][] exceptionRooms = lists(), exceptionCosts = lists();
        for (int i = 0; i < start.length; i++) {
            Stay stay = new Stay(i, (int) start[i], (int) end[i]);
            stay.penalty = penalty[i];
            stay.held = held[i] < 0 ? null : rooms.get((int) held[i]);
            stay.pinned = locked[i] != 0;
            stay.setRoom(stay.pinned ? stay.held : null);
            stay.gender = (int) gender[i];
            stay.group = (int) group[i];
            stay.wantsDoor = wants[i] != 0;
            stay.profile = (int) profile[i];
            stay.nights = (int) nights[i];
            stay.extra = extra[i];
            stay.exceptionRooms = Arrays.stream(exceptionRooms[i]).mapToInt(r -> (int) r).toArray();
            stay.exceptionCosts = exceptionCosts[i];
            hotel.getStays().add(stay);
        }
        long[][] closed = lists();
        for (Room room : rooms) {
            for (int k = 0; k < closed[room.number].length; k += 2) {
                for (int bed = 0; bed < room.beds; bed++) {
                    int first = (int) closed[room.number][k], last = (int) closed[room.number][k + 1];
                    Stay closure = new Stay(hotel.getStays().size(), first, last);
                    closure.pinned = closure.closure = true;
                    closure.setRoom(room);
                    hotel.getStays().add(closure);
                }
            }
        }
    }
}
