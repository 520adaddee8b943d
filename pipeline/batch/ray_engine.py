"""Engine that spreads the groups of a batch over the machines of a Ray cluster.

Each group is one task of Ray Data. Workers are actors that open the nets once and write their images into the run
folder, which all machines see; the records come back to the process that was started, which keeps the manifest. A group
whose worker is lost is computed again by another one: files are written atomically and with the same bytes.
"""

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.batch.engine import Engine, Group
from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import Writers
from pipeline.batch.mirror import Mirror
from pipeline.batch.ray_worker import ATTEMPTS, Attempts, Done, Reopen, Worker
from pipeline.batch.work import C, I, L, Pending, Work
from pipeline.core.errors import BadInput
from pipeline.core.progress import Progress

TASKS = 10_000
"""Most tasks of a batch; longer ones have several groups in each."""
CONNECT_SECONDS = 20.0


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster and the workers on it.

    Attributes:
        address: Address of the head, or auto; None: Ray is started on this machine for the time of the batch.
        workers: Number of workers; None: as many as its processors or GPUs allow.
        threads: Processor cores of a worker, and threads of its nets.
        gpus: GPUs of a worker; a fraction lets workers share one.
        mirrors: Folders at addresses in which the batch works; machines that do not see their copies make their own.

    Raises:
        BadInput: A number is out of range, or Ray is not installed.
    """

    address: str | None = None
    workers: int | None = None
    threads: int = 1
    gpus: float = 0.0
    mirrors: tuple[Mirror, ...] = ()

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
        mirrors = self._cluster.mirrors
        for mirror in mirrors:
            if mirror.folder == folder.path:
                mirror.publish()
        with _connected(self._cluster.address) as ray:
            for row in self._rows(ray, folder, groups):
                done: Done | Exception = row["done"]
                if isinstance(done, Exception):
                    raise done
                done.tell(progress)
                for number, names in done.files.items():
                    mirrors[number].fetch(mirrors[number].about(names))
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
            fn_constructor_args=(self._reopen, Path.cwd(), folder.path, attempts, cluster.threads, cluster.mirrors),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=size, max_tasks_in_flight_per_actor=1),
            num_cpus=cluster.threads,
            num_gpus=cluster.gpus,
        ).iter_rows()


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
