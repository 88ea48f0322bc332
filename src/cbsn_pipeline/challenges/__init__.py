"""The conventions of SIDD and DND; no file is opened here."""
