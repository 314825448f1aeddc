// Carries the precompiled headers that tests reuse.
