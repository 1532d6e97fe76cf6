"""The HTTP side of the emulator: /2.0 over a world, OAuth, and `/_control`."""
