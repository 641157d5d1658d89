"""账户: which accounts are synced, where each was found, and whether it spends."""

from collections.abc import Mapping

from starlette.responses import Response

from console.choice import FIRST
from console.inputs import page_in, text_in
from console.routes import act, page
from console.visit import Visit
from console.words import Sign
from pipeline.core.accounts.roster import SETTINGS, Why
from pipeline.core.overview.registers.accounts import Use
from pipeline.steps.accounts.roster import current_accounts
from pipeline.steps.overview.accounts import accounts_page

USES: Mapping[Use, Sign] = {
    Use.SYNCED: Sign("✓", "参与同步", "good"),
    Use.UNREADABLE: Sign("✕", "无法读取", "bad"),
    Use.PARKED: Sign("P", "长期无法读取，已停用", "warn"),
    Use.DISABLED: Sign("–", "设置中已停用", "calm"),
}
SKIPPED: Mapping[Why, str] = {
    Why.INVALID: "授权人已不再管理该账号",
    Why.REFUSED: "无法列出其下账户，请维护人员申请账户列表权限后重新授权",
    Why.NOT_LOCAL: "其下没有本地推账户",
    Why.OTHER: "不含本地推账户",
}
WAYS = {SETTINGS: "设置"}


def show(visit: Visit) -> Response:
    """Show the accounts that match."""
    text = text_in(visit.query, "text")
    found = accounts_page(visit.ctx, text, page_in(visit.query))
    said = visit.query.get("discovered", "")
    return visit.render(
        "accounts.html",
        found=found,
        text=text,
        uses=USES,
        skipped=SKIPPED,
        ways=lambda ways: "、".join(WAYS.get(one, one) for one in ways),
        discovered=said if said in ("yes", "no") else "",
        first=FIRST,
    )


def discover(visit: Visit) -> Response:
    """Discover the accounts anew."""
    found = current_accounts(visit.ctx, anew=True)
    visit.did("更新账户列表", f"{len(found.names):,} 个账户")
    return visit.go("accounts", {"discovered": "no" if found.trouble else "yes"})


ROUTES = [page("/accounts", show, "accounts"), act("/accounts/discover", discover, "accounts_discover")]
