"""Gnocchi's API on loopback, with a token that says itself whose it is in place of Keystone: `USER:PROJECT:ROLES`.

`python gnocchi_api.py CONFIG PORT`, in Gnocchi's own environment.
"""

import sys

from gnocchi.cli import api
from werkzeug.serving import run_simple

config, port = sys.argv[1:]
sys.argv = ["gnocchi-api", "--config-file", config]
gnocchi = api.wsgi()


def known(environ, start_response):
    """Set the headers that keystonemiddleware sets, or refuse as it does."""
    user, _, rest = environ.get("HTTP_X_AUTH_TOKEN", "").partition(":")
    project, _, roles = rest.partition(":")
    if environ["PATH_INFO"].startswith("/v1") and not (user and project):
        start_response("401 Unauthorized", [("Content-Type", "text/html; charset=UTF-8")])
        return [b"Authentication required"]
    environ.update(HTTP_X_USER_ID=user, HTTP_X_PROJECT_ID=project, HTTP_X_ROLES=roles)
    return gnocchi(environ, start_response)


run_simple("127.0.0.1", int(port), known, threaded=True)
