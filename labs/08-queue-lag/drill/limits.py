"""The numbers that the drill and the promises share, as the README tells them."""

MOST_AT_ONCE, MOST_WITHOUT_A_PAGE = 8, 0.01  # writes under way in the database; customers, as a share
SLOWEST_PER_SECOND, FEWEST_AT_ONCE, BUSY_SECONDS = 33, 1.5, 1.2  # events written; or under way, if sales take longer
MOST_HELD, MOST_STARTS = 500, 5  # events that were fetched and are not written; of a consumer that ended by itself
ALARM_SECONDS, NEAR_SECONDS, ANSWER_SECONDS = 15, 3, 2.0  # of /lag: the alarm is above, it may be off by, has to answer
