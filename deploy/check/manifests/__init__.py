"""Checks of the Kubernetes manifests, the alerts and the dashboard. `__main__` is the table of contents."""
