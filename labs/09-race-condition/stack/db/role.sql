-- The inventory's role owns what is in the database. inventory/schema.sql comes next, and is run by this role.
GRANT CREATE ON SCHEMA public TO app;
ALTER ROLE app CONNECTION LIMIT 40;
SET ROLE app;
