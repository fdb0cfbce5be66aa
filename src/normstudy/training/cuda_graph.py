"""Record a training step once and replay it: a net this small spends its time on a GPU launching kernels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from normstudy.training.optimizer import Optimizers
from normstudy.training.step import Step

WARM_UP = 3
"""Eager steps before the recording, in which cuDNN and cuBLAS make their choices and the optimizer its state."""


def recorded(step: Step, model: nn.Module, optimizers: Optimizers, images: Tensor, labels: Tensor) -> Step:
    """`step` as a CUDA graph for batches of the shape of `images` and `labels`; other shapes go the eager way.

    `step` must read the learning rate from a tensor on the device. Warming up changes weights,
    buffers and optimizer state; all are put back, in place, because the graph knows them by address.
    """
    model.train()
    inputs = images.clone(), labels.clone()
    before = [tensor.clone() for tensor in model.state_dict().values()]
    moments = {id(value): value.clone() for state in optimizers.state().values() for value in state.values()}
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            step(*inputs)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        scores = step(*inputs)
    with torch.no_grad():
        for tensor, value in zip(model.state_dict().values(), before, strict=True):
            tensor.copy_(value)
        for state in optimizers.state().values():
            for value in state.values():
                value.copy_(moments[id(value)]) if id(value) in moments else value.zero_()

    def replay(images: Tensor, labels: Tensor) -> Tensor:
        if images.shape != inputs[0].shape:
            return step(images, labels)
        for own, given in zip(inputs, (images, labels), strict=True):
            own.copy_(given)
        graph.replay()
        return scores.clone()

    return replay
