"""The conventions of the benchmarks SIDD and DND; no file is opened here."""
