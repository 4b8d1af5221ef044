import ai.timefold.solver.core.api.domain.solution.PlanningEntityCollectionProperty;
import ai.timefold.solver.core.api.domain.solution.PlanningScore;
import ai.timefold.solver.core.api.domain.solution.PlanningSolution;
import ai.timefold.solver.core.api.domain.solution.ProblemFactCollectionProperty;
import ai.timefold.solver.core.api.domain.solution.ProblemFactProperty;
import ai.timefold.solver.core.api.score.buildin.hardsoftlong.HardSoftLongScore;
import java.util.ArrayList;
import java.util.List;

/** A problem, or a plan of it: the planning solution. */
@PlanningSolution
public class Hotel {
    private Costs costs;
    private List<Stay> stays = new ArrayList<>();
    private List<Rival> rivals = new ArrayList<>();
    private HardSoftLongScore score;

    public Hotel() {
    }

    Hotel(Costs costs) {
        this.costs = costs;
    }

    @ProblemFactProperty
    public Costs getCosts() {
        return costs;
    }

    @PlanningEntityCollectionProperty
    public List<Stay> getStays() {
        return stays;
    }

    @ProblemFactCollectionProperty
    public List<Rival> getRivals() {
        return rivals;
    }

    @PlanningScore
    public HardSoftLongScore getScore() {
        return score;
    }

    public void setScore(HardSoftLongScore score) {
        this.score = score;
    }

    /** Note what is taken by who cannot move, then list for each stay the rooms that are left to it. */
    void close(List<Room> rooms) {
        for (Stay stay : stays) {
            if (stay.pinned) {
                int[] period = {stay.start, stay.end};
                stay.getRoom().taken.add(period);
                stay.getRoom().rivals.forEach(rival -> rival.taken.add(period));
            }
        }
        for (Stay stay : stays) {
            if (!stay.pinned) {
                stay.setRooms(rooms.stream()
                        .filter(room -> stay.cost(room) >= 0)
                        .filter(room -> !room.isTaken(stay.start, stay.end) || !room.isPrivate())
                        .toList());
            }
        }
        for (Room room : rooms) {
            for (Room other : room.rivals) {
                if (room.number < other.number) {
                    rivals.add(new Rival(room, other));
                }
            }
        }
    }
}
