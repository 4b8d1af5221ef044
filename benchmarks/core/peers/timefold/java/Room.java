import java.util.ArrayList;
import java.util.List;

/** A room, or a dorm with several beds: a planning value. */
public final class Room {
    final Costs costs;
    final int number, column, beds, building, floor, position;
    /** Guests of one gender only, whichever comes first. */
    final boolean same;
    /** Rooms connected to it by a door. */
    final List<Room> doors = new ArrayList<>();
    /** Rooms that cannot be used while it is: a suite and its parts. */
    final List<Room> rivals = new ArrayList<>();
    /** Locked stays and closures, its own and its rivals': nobody else fits beside them in a private room. */
    final List<int[]> taken = new ArrayList<>();

    Room(Costs costs, int number, int column, int beds, boolean same, int building, int floor, int position) {
        this.costs = costs;
        this.number = number;
        this.column = column;
        this.beds = beds;
        this.same = same;
        this.building = building;
        this.floor = floor;
        this.position = position;
    }

    boolean isPrivate() {
        return beds == 1;
    }

    boolean isTaken(int start, int end) {
        for (int[] period : taken) {
            if (start < period[1] && period[0] < end) {
                return true;
            }
        }
        return false;
    }

    /** The distance of the term `apart`. */
    int distance(Room other) {
        if (this == other || doors.contains(other)) {
            return 0;
        }
        if (building != other.building) {
            return 3;
        }
        if (floor != other.floor) {
            return 2;
        }
        return Math.abs(position - other.position) <= 1 ? 0 : 1;
    }

    @Override
    public String toString() {
        return "room " + number;
    }
}
