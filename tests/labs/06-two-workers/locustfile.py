from loadtests import Customer
from locust import constant, task


class Writer(Customer):
    wait_time = constant(0.05)

    @task
    def look(self) -> None:
        if self.ask("/seen", name="seen"):
            self.note("looks", writer=self.number)
