"""The commands of `seedwatch`; each module holds one, named `command`."""
