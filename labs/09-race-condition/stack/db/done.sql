-- What comes after is the lab's again.
RESET ROLE;
