import ai.timefold.solver.core.api.solver.Solver;
import ai.timefold.solver.core.api.solver.SolverFactory;
import ai.timefold.solver.core.config.constructionheuristic.ConstructionHeuristicPhaseConfig;
import ai.timefold.solver.core.config.localsearch.LocalSearchPhaseConfig;
import ai.timefold.solver.core.config.localsearch.LocalSearchType;
import ai.timefold.solver.core.config.solver.EnvironmentMode;
import ai.timefold.solver.core.config.solver.SolverConfig;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Solves problems from standard input, each after its limit in milliseconds, until the input ends. Answers on standard
 * output with plans that keep every rule: the length, the score, and the room of each stay; a length of -1 ends.
 */
public final class Main {
    private static final long EVERY_MS = 200;

    private Main() {
    }

    public static void main(String[] arguments) throws Exception {
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            error.printStackTrace();
            System.exit(1);
        });
        int workers = Integer.parseInt(arguments[0]);
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 20));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 20));
        Reader reader = new Reader(in);
        while (true) {
            long[] limit = reader.next();
            if (limit.length < 1) {
                return;
            }
            long end = System.nanoTime() + limit[0] * 1_000_000;
            Hotel hotel = reader.hotel();
            int stays = (int) limit[1];
            AtomicReference<Hotel> best = new AtomicReference<>();
            Thread[] threads = new Thread[workers];
            for (int worker = 0; worker < workers; worker++) {
                int seed = worker;
                threads[worker] = new Thread(
                        () -> solve(hotel, seed, end, found -> best.accumulateAndGet(found, Main::better)));
                threads[worker].start();
            }
            Hotel told = null;
            for (Thread thread : threads) {
                while (thread.isAlive()) {
                    thread.join(EVERY_MS);
                    told = tell(best.get(), told, stays, out);
                }
            }
            tell(best.get(), told, stays, out);
            out.writeInt(-1);
            out.flush();
        }
    }

    private static Hotel better(Hotel one, Hotel other) {
        return one == null || other.getScore().compareTo(one.getScore()) > 0 ? other : one;
    }

    private static void solve(Hotel hotel, int seed, long end, Consumer<Hotel> found) {
        SolverConfig config = new SolverConfig()
                .withSolutionClass(Hotel.class)
                .withEntityClasses(Stay.class)
                .withConstraintProviderClass(Rules.class)
                .withEnvironmentMode(EnvironmentMode.NO_ASSERT)
                .withRandomSeed((long) seed)
                .withPhases(new ConstructionHeuristicPhaseConfig(), search(seed))
                .withTerminationSpentLimit(Duration.ofMillis(Math.max(1, (end - System.nanoTime()) / 1_000_000)));
        Solver<Hotel> solver = SolverFactory.<Hotel>create(config).buildSolver();
        solver.addEventListener(event -> found.accept(event.getNewBestSolution()));
        found.accept(solver.solve(hotel));
    }

    /** Tabu search did best on towns and groups, its default (late acceptance) second: of two workers, one does each. */
    private static LocalSearchPhaseConfig search(int worker) {
        return new LocalSearchPhaseConfig()
                .withLocalSearchType(worker % 2 == 0 ? LocalSearchType.TABU_SEARCH : LocalSearchType.LATE_ACCEPTANCE);
    }

    private static Hotel tell(Hotel best, Hotel told, int stays, DataOutputStream out) throws IOException {
        if (best == null || best == told || !best.getScore().isFeasible()) {
            return told;
        }
        List<Stay> all = best.getStays();
        out.writeInt(stays);
        out.writeLong(-best.getScore().softScore());
        for (Stay stay : all.subList(0, stays)) {
            out.writeInt(stay.getRoom() == null ? -1 : stay.getRoom().number);
        }
        out.flush();
        return best;
    }
}
