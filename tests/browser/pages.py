"""Every page of the console by its name in the menu: what is tested, and what is in the pictures of the docs."""

PAGES = {
    "today": "/",
    "coverage": "/coverage",
    "runs": "/runs",
    "backfill": "/backfill",
    "changes": "/changes",
    "reports": "/reports",
    "tables": "/tables",
    "accounts": "/accounts",
    "doctor": "/doctor",
    "authorize": "/authorize",
    "setup": "/setup",
}
