"""The kernel of the Python that runs this, whatever kernels a user has registered under the name python3."""

from __future__ import annotations

from typing import IO, Any

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

from normstudy.text import one_line


def own_kernel(errors: IO[bytes] | None = None) -> type[AsyncKernelManager]:
    """A class of kernel managers, for nbclient and papermill; what the kernel prints as it dies goes to `errors`."""

    class OwnKernel(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(**get_kernel_dict())

        @default("transport_encryption")
        def _encrypt(self) -> str:
            return "auto"  # else the kernel warns that its messages can be read on the way

        async def _async_launch_kernel(self, kernel_cmd: list[str], **kw: Any) -> None:
            await super()._async_launch_kernel(kernel_cmd, **kw | ({"stderr": errors} if errors else {}))

    return OwnKernel


def last_words(errors: IO[bytes]) -> str:
    """The last line that a kernel printed into `errors`; nothing if it said nothing."""
    errors.seek(0)
    lines = [one_line(line) for line in errors.read().decode(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "")
