"""The commands of `outage`, grouped by what a user wants of them."""
