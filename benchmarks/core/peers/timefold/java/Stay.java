import ai.timefold.solver.core.api.domain.entity.PlanningEntity;
import ai.timefold.solver.core.api.domain.entity.PlanningPin;
import ai.timefold.solver.core.api.domain.lookup.PlanningId;
import ai.timefold.solver.core.api.domain.valuerange.ValueRangeProvider;
import ai.timefold.solver.core.api.domain.variable.PlanningVariable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** A stay and the room it is given: the planning entity. A closure is one that is pinned and costs nothing. */
@PlanningEntity(difficultyComparatorClass = Stay.Difficulty.class)
public class Stay {
    private int id;
    int start, end, gender, group = -1, nights = 1, profile;
    long penalty, extra;
    boolean pinned, closure, wantsDoor;
    Room held;
    int[] exceptionRooms = {};
    long[] exceptionCosts = {};
    private List<Room> rooms = List.of();
    private Room room;

    public Stay() {
    }

    Stay(int id, int start, int end) {
        this.id = id;
        this.start = start;
        this.end = end;
    }

    @PlanningId
    public Integer getId() {
        return id;
    }

    @PlanningPin
    public boolean isPinned() {
        return pinned;
    }

    @PlanningVariable(allowsUnassigned = true)
    public Room getRoom() {
        return room;
    }

    public void setRoom(Room room) {
        this.room = room;
    }

    /** The rooms it may have by type, size, needs, lists, closures and locked stays. */
    @ValueRangeProvider
    public List<Room> getRooms() {
        return rooms;
    }

    void setRooms(List<Room> rooms) {
        this.rooms = rooms;
    }

    public int getStart() {
        return start;
    }

    public int getEnd() {
        return end;
    }

    public int getGroup() {
        return group;
    }

    /** What it costs in a room whoever else is where; negative where it may not be. Locked stays are counted elsewhere. */
    long cost(Room in) {
        if (pinned) {
            return 0;
        }
        int at = Arrays.binarySearch(exceptionRooms, in.number);
        if (at >= 0) {
            return exceptionCosts[at];
        }
        long rate = in.costs.rate(in.column, profile);
        return rate < 0 ? -1 : rate * nights + extra;
    }

    boolean overlaps(Stay other) {
        return start < other.end && other.start < end;
    }

    boolean isMoved() {
        return held != null && room != held;
    }

    /** Easy stays come first in this order, and are placed last. */
    public static final class Difficulty implements Comparator<Stay> {
        @Override
        public int compare(Stay a, Stay b) {
            return ORDER.compare(a, b);
        }

        private static final Comparator<Stay> ORDER = Comparator.comparing((Stay s) -> s.held != null)
                .thenComparing(Comparator.comparingInt((Stay s) -> s.start).reversed())
                .thenComparingInt(s -> s.end - s.start)
                .thenComparing(Comparator.comparingInt((Stay s) -> s.id).reversed());
    }
}
