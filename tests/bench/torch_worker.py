"""PyTorch's side of the bench: JSON requests on standard input, one answer a line.

Arguments: a safetensors file of weights and inputs (or "-"), sizes and settings by step as JSON, the count of threads or "cuda".
"""
import json
import pathlib
import resource
import struct
import sys
import time

BEGUN = time.perf_counter()
import torch  # noqa: E402

torch.backends.nnpack.set_flags(False)
START_MS = (time.perf_counter() - BEGUN) * 1000
HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "pytorch"))
sys.dont_write_bytecode = True
from losses import colour, contrast, frequency, kl, soft_histogram  # noqa: E402
from modules import FluxCompressor, FluxExpander  # noqa: E402
from torch_ops import CASES  # noqa: E402
from transformers import FluxFlowProcessor  # noqa: E402


def read(path):
    """Arrays of a safetensors file by name."""
    data = bytearray(pathlib.Path(path).read_bytes())
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        count = (end - begin) // 4
        array = torch.frombuffer(data, dtype=torch.float32, count=count, offset=8 + length + begin)
        tensors[name] = array.reshape(entry["shape"]).clone()
    return tensors


def load(modules, tensors):
    """Every weight comes from the file, and every weight of the file has a place."""
    left = {name for name in tensors if not name.startswith("input.")}
    with torch.no_grad():
        for component, module in modules.items():
            for name, parameter in module.named_parameters():
                parameter.copy_(tensors[f"{component}.{name}"])
                left.remove(f"{component}.{name}")
    assert not left, left


def channels_first(x):
    return x.permute(0, 3, 1, 2).contiguous()


def vae(m, s, inputs):
    compressor = FluxCompressor(True, m["vaeDim"], m["downscales"], m["compressorKernel"], m["vaeAttnLayers"], m["vaeHeads"])
    expander = FluxExpander(m["vaeDim"], m["downscales"], m["expanderUpKernel"], m["expanderKernel"],
                            m["expanderDilation"], m["rgbDim"], m["spadeDim"])
    images, noise = channels_first(inputs["images"]), channels_first(inputs["noise"])
    height, width = noise.shape[2:]

    def loss():
        tokens, mu, logvar = compressor(images, noise)
        decoded = expander(tokens, height, width, True)
        recon = frequency(decoded, images) + s["mseWeight"] * torch.nn.functional.mse_loss(decoded, images)
        return (recon + s["klBeta"] * kl(mu, logvar, 0) + 0.05 * colour(decoded, images)
                + 0.02 * soft_histogram(decoded, images) + 0.1 * contrast(decoded, images))

    return {"compressor": compressor, "expander": expander}, loss


def flow(m, _, inputs):
    model = FluxFlowProcessor(True, m["featureMapsDim"], m["vaeDim"], m["textEmbeddingDim"], m["flowHeads"], m["flowLayers"])
    side = int(inputs["noisy"].shape[1]**0.5)

    def loss():
        found = model(inputs["noisy"], side, side, inputs["text"], inputs["time"])
        return torch.nn.functional.mse_loss(found, inputs["target"])

    return {"flow_processor": model}, loss


class TrainStep:
    """The same loss, clipping and update as train_step.ts."""

    def __init__(self, name, path, workload, device):
        model, settings = workload["model"], workload["settings"]
        tensors = {key: value.to(device) for key, value in read(path).items()}
        if device != "cpu":
            # The modules make constants of their own.
            torch.set_default_device(device)
        inputs = {key[6:]: value for key, value in tensors.items() if key.startswith("input.")}
        modules, self.loss = (flow if name == "flow" else vae)(model, settings, inputs)
        for module in modules.values():
            module.to(device)
        load(modules, tensors)
        self.parameters = [p for module in modules.values() for p in module.parameters()]
        self.norm = settings["clippingNorm"]
        self.optimizer = torch.optim.AdamW(self.parameters, lr=settings["lr"], weight_decay=settings["weightDecay"])

    def run(self):
        self.optimizer.zero_grad()
        loss = self.loss()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.norm)
        self.optimizer.step()
        assert torch.isfinite(norm)
        return loss.item()


def timed(work):
    begun, before = time.perf_counter(), time.process_time()
    value = work()
    return {"ms": (time.perf_counter() - begun) * 1000, "cpuMs": (time.process_time() - before) * 1000, "value": value}


def repeated(case, count):
    for _ in range(count):
        case()


def main():
    path, sizes, threads = sys.argv[1:]
    device = "cuda" if threads == "cuda" else "cpu"
    if device == "cpu":
        torch.set_num_threads(int(threads))
    # Both sides compute in float32; PyTorch's convolutions would use fewer bits on a GPU.
    torch.backends.cudnn.allow_tf32 = False
    workloads = json.loads(sizes)
    step, cases = None, {}
    print(json.dumps({"name": f"PyTorch {torch.__version__}", "threads": torch.get_num_threads(), "startMs": START_MS}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request["ask"] == "prepare":
            step = TrainStep(request["step"], path, workloads[request["step"]], device)
            answer = {"parameters": sum(p.numel() for p in step.parameters)}
        elif request["ask"] == "step":
            answer = timed(step.run)
        elif request["ask"] == "op":
            name, count = request["op"], request["count"]
            case = cases.setdefault(name, CASES[name]())
            answer = timed(lambda: repeated(case, count))
        elif request["ask"] == "memory":
            answer = {"bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        else:
            raise ValueError(request)
        print(json.dumps(answer), flush=True)


main()
