"""`OpenStackCloud`: a real cloud, named by its clouds.yaml entry."""

from __future__ import annotations

import time
from collections.abc import Mapping

from osvm_tui.cloud.exchange import Timing
from osvm_tui.cloud.limits import Limiter
from osvm_tui.cloud.listing import PageSize
from osvm_tui.cloud.openstack.session import SdkTransport
from osvm_tui.cloud.rest import RestCloud


class OpenStackCloud(RestCloud):
    """A real cloud. `secrets` are answers to `entries.needs(entry)`; `all_projects` None means: if the token may.

    `project`, by id or name, is logged in to instead of the entry's own; `read_only` lets no change out.
    """

    def __init__(
        self,
        entry: str,
        *,
        secrets: Mapping[str, str] | None = None,
        project: str = "",
        all_projects: bool | None = None,
        rate: float = 20.0,
        concurrency: int = 6,
        timing: Timing | None = None,
        page: PageSize | None = None,
        read_only: bool = False,
    ) -> None:
        timing = timing or Timing()
        limiter = Limiter(rate=rate, burst=rate, concurrency=concurrency, clock=time.monotonic, sleep=timing.sleep)
        transport = SdkTransport(entry, workers=concurrency, secrets=secrets, project=project)
        super().__init__(
            entry,
            transport,
            limiter=limiter,
            all_projects=all_projects,
            timing=timing,
            page=page,
            read_only=read_only,
        )
