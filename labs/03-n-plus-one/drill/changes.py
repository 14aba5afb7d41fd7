"""What do other services change while somebody looks at the feed?"""

from __future__ import annotations

A_POST = "somebody writes a post"
CHANGES: dict[str, str] = {
    "a person has a new avatar": """
        UPDATE avatars SET url = '/avatars/new-' || person_id || '.png'
        WHERE person_id =
            (SELECT person_id FROM lab.shown JOIN avatars ON person_id = author_id ORDER BY random() LIMIT 1)""",
    "a person puts up their first avatar": """
        INSERT INTO avatars SELECT author_id, '/avatars/first-' || author_id || '.png' FROM lab.shown
        WHERE author_id IS NOT NULL AND author_id NOT IN (SELECT person_id FROM avatars) ORDER BY random() LIMIT 1""",
    "a person takes their avatar down": """
        DELETE FROM avatars
        WHERE person_id =
            (SELECT person_id FROM lab.shown JOIN avatars ON person_id = author_id ORDER BY random() LIMIT 1)""",
    "a person changes their name": """
        UPDATE people SET name = name || ' (away)'
        WHERE id = (SELECT author_id FROM lab.shown WHERE author_id IS NOT NULL ORDER BY random() LIMIT 1)""",
    "a person deletes their account": """
        UPDATE posts SET author_id = NULL
        WHERE author_id = (SELECT author_id FROM lab.shown WHERE author_id IS NOT NULL ORDER BY random() LIMIT 1)""",
    "the viewer likes a post": """
        INSERT INTO likes SELECT id, %(viewer)s FROM lab.shown
        WHERE id NOT IN (SELECT post_id FROM likes WHERE person_id = %(viewer)s) ORDER BY random() LIMIT 1""",
    "somebody takes a like back": """
        DELETE FROM likes WHERE (post_id, person_id) =
            (SELECT post_id, person_id FROM lab.shown JOIN likes ON post_id = id ORDER BY random() LIMIT 1)""",
    "a post gets one more topic": """
        INSERT INTO post_topics SELECT shown.id, topics.id FROM lab.shown, topics
        WHERE (shown.id, topics.id) NOT IN (SELECT post_id, topic_id FROM post_topics) ORDER BY random() LIMIT 1""",
    A_POST: """
        INSERT INTO posts SELECT max(id) + 3, 'The newest of all', (SELECT min(id) FROM people) FROM posts""",
}
"""Each as one statement, which changes one thing on the page of twenty posts that is looked at."""
