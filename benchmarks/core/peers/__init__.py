"""What others would do: first-fit, best-fit, CP-SAT as its manual says, and a mixed-integer program."""
