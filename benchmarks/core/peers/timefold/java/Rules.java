import ai.timefold.solver.core.api.score.buildin.hardsoftlong.HardSoftLongScore;
import ai.timefold.solver.core.api.score.stream.Constraint;
import ai.timefold.solver.core.api.score.stream.ConstraintCollectors;
import ai.timefold.solver.core.api.score.stream.ConstraintFactory;
import ai.timefold.solver.core.api.score.stream.ConstraintProvider;
import ai.timefold.solver.core.api.score.stream.Joiners;
import ai.timefold.solver.core.api.score.stream.common.ConnectedRangeChain;

/** The rules and terms of the exchange format. Which room a stay may have at all is in its value range. */
public class Rules implements ConstraintProvider {
    private static final HardSoftLongScore HARD = HardSoftLongScore.ONE_HARD, SOFT = HardSoftLongScore.ONE_SOFT;

    @Override
    public Constraint[] defineConstraints(ConstraintFactory factory) {
        return new Constraint[] {
            oneAtATime(factory), beds(factory), gender(factory), rivals(factory), budget(factory),
            unplaced(factory), room(factory), gap(factory), apart(factory), notConnecting(factory)};
    }

    Constraint oneAtATime(ConstraintFactory factory) {
        return factory.forEach(Stay.class)
                .filter(stay -> stay.getRoom().isPrivate())
                .join(Stay.class, Joiners.equal(Stay::getRoom),
                        Joiners.filtering((a, b) -> a.getId() < b.getId() && a.overlaps(b)))
                .penalizeLong(HARD, (a, b) -> 1)
                .asConstraint("one at a time");
    }

    Constraint beds(ConstraintFactory factory) {
        return factory.forEach(Stay.class)
                .filter(stay -> !stay.getRoom().isPrivate())
                .groupBy(Stay::getRoom, ConstraintCollectors.sumLong(stay -> 1L),
                        ConstraintCollectors.toConnectedRanges(Stay::getStart, Stay::getEnd, (a, b) -> b - a))
                .filter((room, number, chain) -> number > room.beds)
                .map((room, number, chain) -> room, (room, number, chain) -> chain)
                .flattenLast(ConnectedRangeChain::getConnectedRanges)
                .filter((room, range) -> range.getMaximumOverlap() > room.beds)
                .penalizeLong(HARD, (room, range) -> range.getMaximumOverlap() - room.beds)
                .asConstraint("beds");
    }

    Constraint gender(ConstraintFactory factory) {
        return factory.forEach(Stay.class)
                .filter(stay -> stay.getRoom().same)
                .join(Stay.class, Joiners.equal(Stay::getRoom),
                        Joiners.filtering((a, b) -> a.getId() < b.getId() && a.overlaps(b)))
                .filter((a, b) -> a.gender != b.gender && !(a.pinned && b.pinned) && !a.closure && !b.closure)
                .penalizeLong(HARD, (a, b) -> 1)
                .asConstraint("gender");
    }

    Constraint rivals(ConstraintFactory factory) {
        return factory.forEach(Rival.class)
                .join(Stay.class, Joiners.equal(Rival::room, Stay::getRoom))
                .join(Stay.class, Joiners.equal((rival, stay) -> rival.other(), Stay::getRoom),
                        Joiners.filtering((rival, a, b) -> a.overlaps(b) && !(a.pinned && b.pinned)))
                .penalizeLong(HARD, (rival, a, b) -> 1)
                .asConstraint("rivals");
    }

    Constraint budget(ConstraintFactory factory) {
        return factory.forEachIncludingUnassigned(Stay.class)
                .filter(Stay::isMoved)
                .groupBy(ConstraintCollectors.countLong())
                .join(Costs.class, Joiners.filtering((moved, costs) -> costs.budget() >= 0 && moved > costs.budget()))
                .penalizeLong(HARD, (moved, costs) -> moved - costs.budget())
                .asConstraint("budget");
    }

    Constraint unplaced(ConstraintFactory factory) {
        return factory.forEachIncludingUnassigned(Stay.class)
                .filter(stay -> stay.getRoom() == null)
                .penalizeLong(SOFT, stay -> stay.penalty)
                .asConstraint("unplaced");
    }

    Constraint room(ConstraintFactory factory) {
        return factory.forEach(Stay.class)
                .filter(stay -> !stay.pinned)
                .penalizeLong(SOFT, stay -> stay.cost(stay.getRoom()))
                .asConstraint("room");
    }

    Constraint gap(ConstraintFactory factory) {
        return factory.forEach(Stay.class)
                .filter(stay -> stay.getRoom().isPrivate() && stay.getRoom().costs.gap().length > 0)
                .join(Stay.class, Joiners.equal(Stay::getRoom),
                        Joiners.filtering((a, b) -> a.getRoom().costs.gap(b.start - a.end) > 0))
                .ifNotExists(Stay.class, Joiners.equal((a, b) -> a.getRoom(), Stay::getRoom),
                        Joiners.filtering((a, b, between) -> a.end < between.end && between.start < b.start))
                .penalizeLong(SOFT, (a, b) -> a.getRoom().costs.gap(b.start - a.end))
                .asConstraint("gap");
    }

    Constraint apart(ConstraintFactory factory) {
        return factory.forEach(Stay.class)
                .filter(stay -> stay.group >= 0 && stay.getRoom().costs.apart() > 0)
                .join(Stay.class, Joiners.equal(Stay::getGroup), Joiners.lessThan(Stay::getId))
                .penalizeLong(SOFT, (a, b) -> a.getRoom().costs.apart() * a.getRoom().distance(b.getRoom()))
                .asConstraint("apart");
    }

    Constraint notConnecting(ConstraintFactory factory) {
        return factory.forEach(Stay.class)
                .filter(stay -> stay.wantsDoor && stay.getRoom().costs.notConnecting() > 0)
                .ifNotExists(Stay.class, Joiners.equal(Stay::getGroup),
                        Joiners.filtering((a, b) -> a.getRoom().doors.contains(b.getRoom())))
                .penalizeLong(SOFT, stay -> stay.getRoom().costs.notConnecting())
                .asConstraint("not connecting");
    }
}
