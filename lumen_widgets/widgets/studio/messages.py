"""What the kernel tells the pages of a Studio: what was spent and is left.

`js/studio/messages.ts` is the other side; a test holds the names of both alike. All else that is
said is said by the widgets in it.
"""

from __future__ import annotations

from lumen_widgets.client.spending.budget import Spending

__all__ = ["Spending"]
