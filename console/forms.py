"""What a form sends: read within limits, and only as the forms of our pages send it."""

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

BAD_INPUT = 400


async def form_of(request: Request, fields_most: int) -> FormData:
    """The fields of a form; none of a body that is no form.

    Raises:
        HTTPException: 400. It has too many fields, or is in parts: none of our pages sends files, and the sender of
            parts would choose how they are decoded, some of which yields text that no page can show.
    """
    if request.headers.get("content-type", "").lstrip().lower().startswith("multipart/"):
        raise HTTPException(BAD_INPUT)
    return await request.form(max_fields=fields_most)
