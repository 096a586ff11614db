"""Request Desk: a medical practice's inbox for appointment requests, beside its schedule.

Here is the version and nothing else; the faces are started by `request_desk.__main__`.
"""

__version__ = "0.1.0"
