-- Which environment this is, and the role that its services have for themselves beside the old common `app`.
INSERT INTO environment VALUES ('production');
CREATE ROLE orders_production LOGIN PASSWORD 'Ahm4ohgh' IN ROLE app;
