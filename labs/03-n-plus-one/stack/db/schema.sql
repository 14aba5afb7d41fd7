-- The network's posts. The feed may read these tables; other services write them. What is below belongs to the lab.
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE avatars (person_id int PRIMARY KEY REFERENCES people, url text NOT NULL);
CREATE TABLE topics (id int PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE posts (id int PRIMARY KEY, body text NOT NULL, author_id int REFERENCES people);
CREATE TABLE post_topics (post_id int REFERENCES posts, topic_id int REFERENCES topics, PRIMARY KEY (post_id, topic_id));
CREATE TABLE likes (post_id int REFERENCES posts, person_id int REFERENCES people, PRIMARY KEY (post_id, person_id));

REVOKE TEMPORARY ON DATABASE app FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO app;
ALTER ROLE app CONNECTION LIMIT 50;
CREATE SCHEMA lab;

-- What the feed has asked since somebody last said `forget()`: how often, and how many rows that brought.
CREATE VIEW queries AS
    SELECT calls, rows, regexp_replace(regexp_replace(query, '\s+', ' ', 'g'), '^(.{100}).+$', '\1…') AS query
    FROM pg_stat_statements AS one JOIN pg_roles ON pg_roles.oid = one.userid
    WHERE rolname = 'app' ORDER BY calls DESC, query;

CREATE FUNCTION forget() RETURNS void LANGUAGE sql AS 'SELECT pg_stat_statements_reset()';
REVOKE ALL ON FUNCTION forget FROM PUBLIC;

-- A page as it has to be, and how many rows of these tables it is made of, each counted once.
CREATE FUNCTION lab.posts(most int, before int) RETURNS SETOF posts LANGUAGE sql AS $$
    SELECT * FROM posts WHERE before IS NULL OR id < before ORDER BY id DESC LIMIT most
$$;

CREATE VIEW lab.shown AS SELECT * FROM lab.posts(20, NULL);

CREATE FUNCTION lab.page(viewer int, most int, before int) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', p.id, 'body', p.body,
        'author', (SELECT jsonb_build_object('name', name, 'avatar', (SELECT url FROM avatars WHERE person_id = people.id))
                   FROM people WHERE id = p.author_id),
        'topics', (SELECT coalesce(jsonb_agg(name ORDER BY name COLLATE "C"), '[]')
                   FROM post_topics JOIN topics ON id = topic_id WHERE post_id = p.id),
        'likes', (SELECT count(*) FROM likes WHERE post_id = p.id),
        'liked', EXISTS (SELECT FROM likes WHERE post_id = p.id AND person_id = viewer)
    ) ORDER BY p.id DESC), '[]') FROM lab.posts(most, before) AS p
$$;

CREATE FUNCTION lab.size(most int, before int) RETURNS bigint LANGUAGE sql AS $$
    WITH page AS (SELECT * FROM lab.posts(most, before)),
         authors AS (SELECT DISTINCT author_id AS id FROM page WHERE author_id IS NOT NULL)
    SELECT (SELECT count(*) FROM page) + (SELECT count(*) FROM authors)
         + (SELECT count(*) FROM avatars JOIN authors ON person_id = id)
         + (SELECT count(*) FROM post_topics JOIN page ON post_id = id)
         + (SELECT count(*) FROM likes JOIN page ON post_id = id)
$$;

-- What the drill does: people and posts as it has drawn them, and a crowd that is not on these pages. People who are have written and liked much else.
CREATE FUNCTION lab.publish(people jsonb, posts jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO topics SELECT DISTINCT (t ->> 0)::int, t ->> 1
        FROM jsonb_to_recordset(posts) AS p (topics jsonb), jsonb_array_elements(p.topics) AS t ON CONFLICT DO NOTHING;
    INSERT INTO people SELECT id, name FROM jsonb_to_recordset(people) AS p (id int, name text);
    INSERT INTO avatars SELECT id, avatar FROM jsonb_to_recordset(people) AS p (id int, avatar text) WHERE avatar IS NOT NULL;
    INSERT INTO posts SELECT id, body, author FROM jsonb_to_recordset(posts) AS p (id int, body text, author int);
    INSERT INTO post_topics SELECT id, (t ->> 0)::int
        FROM jsonb_to_recordset(posts) AS p (id int, topics jsonb), jsonb_array_elements(p.topics) AS t;
    INSERT INTO likes SELECT id, who::int
        FROM jsonb_to_recordset(posts) AS p (id int, likes jsonb), jsonb_array_elements_text(p.likes) AS who;
$$;

CREATE FUNCTION lab.gather_crowd(first int, many int, viewers int[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO people SELECT first + n, 'Guest ' || n FROM generate_series(1, many) AS n;
    INSERT INTO avatars SELECT first + n, '/avatars/guest-' || n || '.png' FROM generate_series(1, many) AS n;
    INSERT INTO posts SELECT n, 'Hello from guest ' || n, first + n FROM generate_series(1, many / 10) AS n;
    INSERT INTO likes SELECT 1 + n % (many / 10), first + n FROM generate_series(1, many) AS n;
    INSERT INTO likes SELECT n, viewer FROM generate_series(1, many / 10, 10) AS n, unnest(viewers) AS viewer;
    INSERT INTO posts SELECT many + row_number() OVER (), 'An older post', id FROM (
        SELECT DISTINCT author_id AS id FROM posts WHERE author_id < first) AS author, generate_series(1, 30);
    INSERT INTO post_topics SELECT n, id FROM generate_series(1, many / 10) AS n, topics WHERE id % 4 = n % 4;
$$;
