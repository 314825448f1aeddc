// Carries the precompiled <torch/types.h> that the other targets reuse.
