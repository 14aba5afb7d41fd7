from loadtests import Customer
from locust import constant, task


class Buyer(Customer):
    wait_time = constant(0.05)

    @task
    def order(self) -> None:
        self.ask("/orders", name="order")
