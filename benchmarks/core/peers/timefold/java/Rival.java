/** Two rooms that exclude each other. */
public record Rival(Room room, Room other) {
}
