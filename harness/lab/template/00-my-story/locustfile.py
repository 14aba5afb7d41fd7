"""What do the customers do? They look at the price of the day."""

from locust import constant, task

from loadtests import Customer


class Shopper(Customer):
    """Looks at the price again and again, and notes what it was."""

    wait_time = constant(0.1)

    @task
    def look_at_the_price(self) -> None:
        """What was shown is judged by the lab, so it is noted."""
        shown = self.ask("/price", name="price", expect=lambda body: None if int(body["cents"]) else "no price")
        if shown:
            self.note("shown", cents=int(shown["cents"]))
