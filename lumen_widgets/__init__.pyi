from lumen_widgets import sandbox as sandbox
from lumen_widgets.client import (
    AuthenticationError as AuthenticationError,
)
from lumen_widgets.client import (
    BudgetExceeded as BudgetExceeded,
)
from lumen_widgets.client import (
    CallableHosting as CallableHosting,
)
from lumen_widgets.client import (
    DataURIHosting as DataURIHosting,
)
from lumen_widgets.client import (
    DownloadError as DownloadError,
)
from lumen_widgets.client import (
    FsspecHosting as FsspecHosting,
)
from lumen_widgets.client import (
    HostingError as HostingError,
)
from lumen_widgets.client import (
    InsufficientCredits as InsufficientCredits,
)
from lumen_widgets.client import (
    InvalidRequest as InvalidRequest,
)
from lumen_widgets.client import (
    JournalError as JournalError,
)
from lumen_widgets.client import (
    LessonError as LessonError,
)
from lumen_widgets.client import (
    LumenClient as LumenClient,
)
from lumen_widgets.client import (
    LumenError as LumenError,
)
from lumen_widgets.client import (
    MissingKey as MissingKey,
)
from lumen_widgets.client import (
    NotFound as NotFound,
)
from lumen_widgets.client import (
    NotInLesson as NotInLesson,
)
from lumen_widgets.client import (
    Picture as Picture,
)
from lumen_widgets.client import (
    Pictures as Pictures,
)
from lumen_widgets.client import (
    RateLimited as RateLimited,
)
from lumen_widgets.client import (
    ServiceUnreachable as ServiceUnreachable,
)
from lumen_widgets.client import (
    SubmitOutcomeUnknown as SubmitOutcomeUnknown,
)
from lumen_widgets.client import (
    Task as Task,
)
from lumen_widgets.client import (
    TaskCancelled as TaskCancelled,
)
from lumen_widgets.client import (
    TaskFailed as TaskFailed,
)
from lumen_widgets.client import (
    TasksFailed as TasksFailed,
)
from lumen_widgets.client import (
    UpstreamError as UpstreamError,
)
from lumen_widgets.client import (
    WaitTimeout as WaitTimeout,
)
from lumen_widgets.client import (
    WebhookReceiver as WebhookReceiver,
)
from lumen_widgets.client import (
    budget as budget,
)
from lumen_widgets.client import (
    prices as prices,
)
from lumen_widgets.client import (
    sign_webhook as sign_webhook,
)
from lumen_widgets.client import (
    verify_webhook as verify_webhook,
)
from lumen_widgets.notebook import (
    History as History,
)
from lumen_widgets.notebook import (
    edit as edit,
)
from lumen_widgets.notebook import (
    extend as extend,
)
from lumen_widgets.notebook import (
    generate as generate,
)
from lumen_widgets.notebook import (
    history as history,
)
from lumen_widgets.notebook import (
    inpaint as inpaint,
)
from lumen_widgets.notebook import (
    parameters as parameters,
)
from lumen_widgets.notebook import (
    reproduce as reproduce,
)
from lumen_widgets.notebook import (
    resume as resume,
)
from lumen_widgets.notebook import (
    show as show,
)
from lumen_widgets.notebook import (
    stream as stream,
)
from lumen_widgets.notebook import (
    use as use,
)
from lumen_widgets.widgets import (
    Compare as Compare,
)
from lumen_widgets.widgets import (
    Gallery as Gallery,
)
from lumen_widgets.widgets import (
    MaskPainter as MaskPainter,
)
from lumen_widgets.widgets import (
    PromptForm as PromptForm,
)
from lumen_widgets.widgets import (
    Studio as Studio,
)
from lumen_widgets.widgets import (
    TaskPanel as TaskPanel,
)

__version__: str

def load_ipython_extension(shell: object) -> None: ...
def unload_ipython_extension(shell: object) -> None: ...
