"""The one tree of errors that leaves an adapter or a service; each with title, detail and hint.

OsvmError
├── CloudError             something between us and a cloud; carries entry, request id, HTTP status
│   ├── Unreachable        no answer: refused, DNS, TLS, proxy, time-out before anything was sent
│   │   ├── CertificateError   the server's certificate is expired or unknown
│   │   └── AnswerLost         sent, but the answer never came: the outcome is unknown
│   ├── Unauthorized       the cloud does not take our credentials
│   ├── ReadOnly           a change of a cloud that was opened read-only: nothing was sent
│   ├── Forbidden          policy (or a Nova quota) says no
│   │   └── QuotaExceeded
│   ├── NotFound
│   ├── Conflict           wrong state, lock, or in use
│   ├── BadRequest         the cloud refuses what we sent
│   ├── Throttled          429 or 413, with retry_after_s
│   └── CloudFault         5xx
├── ConfigError            settings or clouds.yaml: file, line, key, what was expected
├── StoreError             the store cannot be read or written
│   ├── StoreReadOnly
│   ├── StoreCorrupt
│   └── SchemaMismatch
├── GuestError             no way into a guest: its address, its bastion, its key
│   └── HostKeyChanged     a host is not the one whose key was accepted; carries both fingerprints
├── ProbeError             a machine could not be measured by one source
│   ├── ProbeNotPermitted  the cloud or the guest refuses us: asking again soon is useless
│   ├── ProbeUnfit         this source cannot tell about this VM: no address, no rule, not known there
│   └── ProbeFailed        no answer, a time-out, or an answer that makes no sense
├── Refused                a gate said no; carries the verdict's reason
├── Ambiguous              a name that means several VMs; carries the candidates
└── Unknown                a name or id that means nothing here
"""

from __future__ import annotations


class OsvmError(Exception):
    """The root. `title` heads a dialog, `detail` says what happened, `hint` says what to do."""

    title = "error"
    default_hint = ""

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint or self.default_hint


class CloudError(OsvmError):
    """Something went wrong between us and a cloud."""

    title = "cloud error"

    def __init__(self, detail: str, *, hint: str = "", entry: str = "", request_id: str = "", status: int = 0) -> None:
        super().__init__(detail, hint=hint)
        self.entry = entry
        self.request_id = request_id
        self.status = status


class Unreachable(CloudError):
    """No answer and nothing was carried out, as far as the connection can tell."""

    title = "cloud unreachable"
    default_hint = "the console keeps the last picture and tries again"


class CertificateError(Unreachable):
    """The server's certificate is expired, unknown or for another name."""

    title = "certificate refused"
    default_hint = "set cacert for this cloud in clouds.yaml, or renew the server's certificate"


class AnswerLost(Unreachable):
    """The request left this machine and the answer did not come: the outcome is unknown."""

    title = "answer lost"
    default_hint = "the outcome is read from the cloud; nothing is sent twice"


class Unauthorized(CloudError):
    """The cloud does not take our credentials."""

    title = "not authorised"
    default_hint = "check user, password or application credential of this entry in clouds.yaml"


class Forbidden(CloudError):
    """The cloud's policy says no."""

    title = "forbidden"


class QuotaExceeded(Forbidden):
    """A quota is used up: 403 from Nova, 409 from Neutron."""

    title = "quota exceeded"


class ReadOnly(CloudError):
    """A change of a cloud that was opened read-only: nothing was sent."""

    title = "read-only"
    default_hint = "this console was told to change nothing there"


class NotFound(CloudError):
    """No such thing, or it belongs to a project this token does not see."""

    title = "not found"


class Conflict(CloudError):
    """The VM's state, a lock or another use forbids it now."""

    title = "refused by the cloud"


class BadRequest(CloudError):
    """The cloud refuses what we sent."""

    title = "bad request"


class Throttled(CloudError):
    """The cloud asks us to slow down."""

    title = "too many requests"

    def __init__(self, detail: str, *, retry_after_s: float = 1.0, **rest: object) -> None:
        super().__init__(detail, **rest)  # type: ignore[arg-type]
        self.retry_after_s = retry_after_s


class CloudFault(CloudError):
    """The cloud itself failed (5xx); `retry_after_s` is set when it said when to come back."""

    title = "cloud fault"

    def __init__(self, detail: str, *, retry_after_s: float | None = None, **rest: object) -> None:
        super().__init__(detail, **rest)  # type: ignore[arg-type]
        self.retry_after_s = retry_after_s

    @property
    def may_be_done(self) -> bool:
        """Whether a change that was answered so may have been carried out.

        A gateway (502, 504) lost the service behind it; after a yes (2xx) only what it says could not be understood.
        """
        return self.status in (502, 504) or 200 <= self.status < 300


class ConfigError(OsvmError):
    """Settings or clouds.yaml are wrong; `detail` names file, line, key and what was expected."""

    title = "configuration"


class StoreError(OsvmError):
    """The store cannot be read or written."""

    title = "store"


class StoreReadOnly(StoreError):
    """The store may be read but not written: disk full, read-only file system, or permissions."""

    title = "store not writable"
    default_hint = "changes need an audit row first; free the disk or fix the permissions, then try again"


class StoreCorrupt(StoreError):
    """The store's file is damaged; it was set aside under another name, never deleted."""

    title = "store damaged"


class SchemaMismatch(StoreError):
    """The store's schema is older or newer than this console."""

    title = "store schema"
    default_hint = "run: osvm store upgrade"


class GuestError(OsvmError):
    """There is no way into a guest, or it ends on the way."""

    title = "no way to the guest"


class HostKeyChanged(GuestError):
    """A host shows another key than the one that was accepted; nothing was sent to it."""

    title = "host key changed"

    def __init__(self, host: str, accepted: str, shown: str, *, forget: str) -> None:
        super().__init__(
            f"{host} shows the key {shown}, accepted was {accepted}; nothing was sent to it",
            hint=f"if it was rebuilt on purpose, forget the old key ({forget}) and look at the new one",
        )
        self.accepted = accepted
        self.shown = shown


class ProbeError(OsvmError):
    """A machine could not be measured by one source."""

    title = "not measured"


class ProbeNotPermitted(ProbeError):
    """The cloud or the guest refuses us; asking again soon is useless."""

    title = "not permitted"


class ProbeUnfit(ProbeError):
    """This source cannot tell about this VM: no address, no login rule, not known there."""

    title = "no such source"


class ProbeFailed(ProbeError):
    """No answer, a time-out, or an answer that makes no sense."""


class Refused(OsvmError):
    """A gate said no before anything was sent."""

    title = "refused"


class Ambiguous(OsvmError):
    """A name means several VMs; `candidates` are their ids."""

    title = "ambiguous name"

    def __init__(self, detail: str, candidates: tuple[str, ...], *, hint: str = "") -> None:
        super().__init__(detail, hint=hint or "use the id")
        self.candidates = candidates


class Unknown(OsvmError):
    """A name or id that means nothing here."""

    title = "unknown"
