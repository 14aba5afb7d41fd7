"""What is in the database: people and their avatars, posts, who likes them, and what they are about."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """All tables."""


post_topics = Table(
    "post_topics",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("topic_id", ForeignKey("topics.id"), primary_key=True),
)


class Person(Base):
    """Somebody who writes posts, and likes those of others."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    avatar: Mapped[Avatar | None] = relationship(lazy="raise")


class Avatar(Base):
    """The picture of a person; not everybody has one."""

    __tablename__ = "avatars"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    url: Mapped[str]


class Topic(Base):
    """What a post is about."""

    __tablename__ = "topics"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Like(Base):
    """A person likes a post."""

    __tablename__ = "likes"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)


class Post(Base):
    """A post. Its author is gone if they have deleted their account."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    author: Mapped[Person | None] = relationship(lazy="raise")
    likes: Mapped[list[Like]] = relationship(lazy="raise")
    topics: Mapped[list[Topic]] = relationship(secondary=post_topics, order_by=Topic.name, lazy="raise")
