// Projectors
