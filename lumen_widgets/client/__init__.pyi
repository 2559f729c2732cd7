from lumen_widgets.client.client import LumenClient as LumenClient
from lumen_widgets.client.hosting.callable_hosting import CallableHosting as CallableHosting
from lumen_widgets.client.hosting.data_uri_hosting import DataURIHosting as DataURIHosting
from lumen_widgets.client.hosting.fsspec_hosting import FsspecHosting as FsspecHosting
from lumen_widgets.client.hosting.protocol import (
    HostedFile as HostedFile,
)
from lumen_widgets.client.hosting.protocol import (
    Hosting as Hosting,
)
from lumen_widgets.client.spending.budget import (
    Budget as Budget,
)
from lumen_widgets.client.spending.budget import (
    budget as budget,
)
from lumen_widgets.client.spending.prices import prices as prices
from lumen_widgets.client.webhooks.receiver import WebhookReceiver as WebhookReceiver
from lumen_widgets.client.webhooks.signatures import (
    sign_webhook as sign_webhook,
)
from lumen_widgets.client.webhooks.signatures import (
    verify_webhook as verify_webhook,
)
from lumen_widgets.core.errors import (
    AuthenticationError as AuthenticationError,
)
from lumen_widgets.core.errors import (
    BudgetExceeded as BudgetExceeded,
)
from lumen_widgets.core.errors import (
    DownloadError as DownloadError,
)
from lumen_widgets.core.errors import (
    HostingError as HostingError,
)
from lumen_widgets.core.errors import (
    InsufficientCredits as InsufficientCredits,
)
from lumen_widgets.core.errors import (
    InvalidRequest as InvalidRequest,
)
from lumen_widgets.core.errors import (
    JournalError as JournalError,
)
from lumen_widgets.core.errors import (
    LessonError as LessonError,
)
from lumen_widgets.core.errors import (
    LumenError as LumenError,
)
from lumen_widgets.core.errors import (
    MissingKey as MissingKey,
)
from lumen_widgets.core.errors import (
    NotFound as NotFound,
)
from lumen_widgets.core.errors import (
    NotInLesson as NotInLesson,
)
from lumen_widgets.core.errors import (
    RateLimited as RateLimited,
)
from lumen_widgets.core.errors import (
    ServiceUnreachable as ServiceUnreachable,
)
from lumen_widgets.core.errors import (
    SubmitOutcomeUnknown as SubmitOutcomeUnknown,
)
from lumen_widgets.core.errors import (
    TaskCancelled as TaskCancelled,
)
from lumen_widgets.core.errors import (
    TaskFailed as TaskFailed,
)
from lumen_widgets.core.errors import (
    TasksFailed as TasksFailed,
)
from lumen_widgets.core.errors import (
    UpstreamError as UpstreamError,
)
from lumen_widgets.core.errors import (
    WaitTimeout as WaitTimeout,
)
from lumen_widgets.core.pictures.picture import (
    Picture as Picture,
)
from lumen_widgets.core.pictures.picture import (
    Pictures as Pictures,
)
from lumen_widgets.core.request import Request as Request
from lumen_widgets.core.task import Task as Task
