"""The gallery: pictures to look through, search, compare and act on."""
