from app.chat.terminal import Screen
from im_client import IMClient

_LISTED = 10


async def latest_group(client: IMClient, screen: Screen) -> str | None:
    """The one with the latest message, of those that it lists. None where there are none."""
    groups = await client.groups()
    if not groups:
        return None
    screen.notice("Your groups, the latest first (choose with --group):")
    for group in groups[:_LISTED]:
        screen.notice(f"  {group.group_id}  {group.group_name}")
    if len(groups) > _LISTED:
        screen.notice(f"  and {len(groups) - _LISTED} more")
    return groups[0].group_id
