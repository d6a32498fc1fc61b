"""The operator's settings, the rules of folders and the keys of accounts, read strictly."""
