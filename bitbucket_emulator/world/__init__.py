"""The world behind the emulator: data, a real commit graph, what people do to it, and a believable company."""
