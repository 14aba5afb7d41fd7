-- Which environment this is, and the role that its services have for themselves beside the old common `app`.
INSERT INTO environment VALUES ('staging');
CREATE ROLE orders_staging LOGIN PASSWORD 'Ue9zeich' IN ROLE app;
