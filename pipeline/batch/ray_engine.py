"""Engine that spreads the groups of a batch over the machines of a Ray cluster.

Each group is one task of Ray Data. Workers are actors that open the nets once and write their images into the run
folder, which all machines see; the records come back to the process that was started, which keeps the manifest. A group
whose worker is lost is computed again by another one: files are written atomically and with the same bytes.
"""

import logging
import os
import socket
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.batch.engine import Engine, Group, LocalEngine, settled
from pipeline.batch.folder import RunFolder
from pipeline.batch.inputs import Input
from pipeline.batch.io_queue import Writers
from pipeline.batch.manifest import Record
from pipeline.batch.work import C, I, L, Pending, Work
from pipeline.core.errors import BadInput, FaceEditError
from pipeline.core.progress import Progress

ATTEMPTS = 4
"""How often a group is tried whose workers are lost."""
TASKS = 10_000
"""Most tasks of a batch; longer ones have several groups in each."""
CONNECT_SECONDS = 20.0

Reopen = Callable[[RunFolder, Progress], Work[Any, Any, Any]]
"""Opens the work of a run folder in another process, with the weights of the run; sent there by Ray."""


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster and the workers on it.

    Attributes:
        address: Address of the head, or auto; None: Ray is started on this machine for the time of the batch.
        workers: Number of workers; None: as many as its processors or GPUs allow.
        threads: Processor cores of a worker, and threads of its nets.
        gpus: GPUs of a worker; a fraction lets workers share one.

    Raises:
        BadInput: A number is out of range, or Ray is not installed.
    """

    address: str | None = None
    workers: int | None = None
    threads: int = 1
    gpus: float = 0.0

    def __post_init__(self) -> None:
        if (self.workers is not None and self.workers < 1) or self.threads < 1 or not self.gpus >= 0:  # also of NaN
            raise BadInput("Choose at least one worker with at least one thread, and GPUs of 0 or more.")
        if self.gpus > 1 and self.gpus != int(self.gpus):
            raise BadInput(f"A worker has a fraction of a GPU or whole ones, not {self.gpus:g}.")
        if not all(map(find_spec, ("ray", "pyarrow"))):
            raise BadInput("--engine ray needs Ray on every machine: pip install 'ray[data]'")

    def engine(self, reopen: Reopen, device: str) -> "RayEngine":
        """The engine for a work that `reopen` opens on the workers, with nets on the kind of device (cpu, cuda, mps).

        Raises:
            BadInput: The nets are to run on a GPU that the workers do not have, or the other way round.
        """
        if device == "cuda" and not self.gpus:
            raise BadInput("The nets run on cuda and the workers have no GPU: add --worker-gpus, or --device cpu.")
        if device != "cuda" and self.gpus:
            raise BadInput(f"The nets run on {device}: leave out --worker-gpus, or add --device cuda.")
        return RayEngine(self, reopen)


class RayEngine(Engine):
    """Computes groups on the workers of a cluster; results come in the order in which they are finished."""

    def __init__(self, cluster: Cluster, reopen: Reopen) -> None:
        self._cluster, self._reopen = cluster, reopen

    def results(
        self, work: Work[I, L, C], folder: RunFolder, groups: Sequence[Group[I]], writers: Writers, progress: Progress
    ) -> Iterator[Pending]:
        if not groups:
            return
        progress.step("starting workers")
        with _connected(self._cluster.address) as ray:
            for row in self._rows(ray, folder, groups):
                done: Done | Exception = row["done"]
                if isinstance(done, Exception):
                    raise done
                done.tell(progress)
                yield from map(Pending, done.records)

    def _rows(self, ray: Any, folder: RunFolder, groups: Sequence[Group[Any]]) -> Any:
        cluster, have = self._cluster, ray.cluster_resources()
        room = have.get("CPU", 0) / cluster.threads
        if cluster.gpus:
            room = min(room, have.get("GPU", 0) / cluster.gpus)
        if room < 1:
            raise BadInput(
                f"No worker with {cluster.threads} cores and {cluster.gpus:g} GPUs fits on the cluster, which has "
                f"{have.get('CPU', 0):g} cores and {have.get('GPU', 0):g} GPUs: ask for less, or add machines."
            )
        size = min(cluster.workers or int(room), len(groups))
        attempts = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Attempts).remote()
        tasks = ray.data.from_items([{"group": group} for group in groups], override_num_blocks=min(len(groups), TASKS))
        return tasks.map_batches(
            Worker,
            fn_constructor_args=(self._reopen, Path.cwd(), folder.path, attempts, cluster.threads),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=size, max_tasks_in_flight_per_actor=1),
            num_cpus=cluster.threads,
            num_gpus=cluster.gpus,
        ).iter_rows()


@dataclass(frozen=True)
class Done:
    """What a worker sends back for a group.

    Attributes:
        records: Records of each item.
        told: Method of `Progress` and sentence, in order.
        images: Number of images made.
    """

    records: list[list[Record]]
    told: list[tuple[str, str]]
    images: int

    def tell(self, progress: Progress) -> None:
        """Pass on what the worker has told."""
        for method, text in self.told:
            getattr(progress, method)(text)
        progress.advance(0.0, self.images)


class Attempts:
    """Actor that counts how often each unfinished group was begun."""

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()

    def begin(self, group: str) -> int:
        """Number of this attempt at a group, from 1."""
        self._begun[group] += 1
        return self._begun[group]

    def end(self, group: str) -> None:
        """Forget a finished group."""
        del self._begun[group]


class Worker:
    """Actor of Ray Data with a work that is opened for its first group.

    Args:
        place: Working directory of the process that was started.
        folder: Its run folder.
        attempts: Handle of `Attempts`.
        threads: Threads of the worker.
    """

    def __init__(self, reopen: Reopen, place: Path, folder: Path, attempts: Any, threads: int) -> None:
        self._reopen, self._place, self._folder = reopen, place, RunFolder(folder)
        self._attempts, self._threads = attempts, threads
        self._told = Told()
        self._work: Work[Any, Any, Any] | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """The `Done` of each group, or the error that ends the run."""
        return {"done": [self._done(group) for group in batch["group"]]}

    def _done(self, group: Group[Any]) -> Done | Exception:
        import ray

        name = group.items[0].name
        # Ray itself gives a task to other workers without end.
        if ray.get(self._attempts.begin.remote(name)) > ATTEMPTS:
            return Done([[_lost(item, group)] for item in group.items if item.name in group.keys], [], 0)
        try:
            self._work = self._work or self._open()
            with Writers() as writers:
                pending = list(LocalEngine().results(self._work, self._folder, [group], writers, self._told))
            done = Done([settled(each, self._folder) for each in pending], *self._told.taken())
        except FaceEditError as error:
            return error
        except Exception:
            return RuntimeError(traceback.format_exc())
        self._attempts.end.remote(name)
        return done

    def _open(self) -> Work[Any, Any, Any]:
        import cv2

        cv2.setNumThreads(self._threads)  # torch has it from Ray, in OMP_NUM_THREADS
        if not self._place.is_dir():
            raise _not_shared(self._place)
        os.chdir(self._place)
        if not self._folder.is_here():
            raise _not_shared(self._folder.path)
        return self._reopen(self._folder, self._told)


class Told(Progress):
    """Keeps what is told in a worker until it is sent."""

    def __init__(self) -> None:
        self._told: list[tuple[str, str]] = []
        self._images = 0

    def advance(self, items: float = 1.0, images: int = 0) -> None:
        self._images += images

    def note(self, text: str) -> None:
        self._told.append(("note", text))

    def warn(self, text: str) -> None:
        self._told.append(("warn", text))

    def taken(self) -> tuple[list[tuple[str, str]], int]:
        """Sentences and images since the last call."""
        told, images = self._told, self._images
        self._told, self._images = [], 0
        return told, images


def _lost(item: Input, group: Group[Any]) -> Record:
    sentence = f"Its worker was lost {ATTEMPTS} times, perhaps for lack of memory: start again with fewer workers."
    return Record(item.name, str(item.path), group.keys[item.name], 1, error=sentence)


def _not_shared(folder: Path) -> BadInput:
    return BadInput(
        f"{socket.gethostname()} does not see {folder}: --engine ray needs folders that all machines share."
    )


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Ray, connected to a cluster for the time of the block."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster started here reports to nobody
    import ray
    import ray.data

    try:
        host, _, port = (address or "").rpartition(":")
        if port.isdigit():  # Ray itself tries for many minutes
            socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=None if address else False,
        )
    except (OSError, ValueError) as error:
        raise BadInput(f"There is no Ray cluster at {address}: start one with `ray start --head`.") from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    context.max_consecutive_actor_init_deaths = ATTEMPTS
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    try:
        yield ray
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise BadInput(f"The workers on the Ray cluster do not start or the cluster is lost: {reason}") from error
    finally:
        ray.shutdown()
