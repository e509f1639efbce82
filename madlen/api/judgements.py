"""``/runs/{id}/judgements``: what models as judges say of the answers of a run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from madlen import judgements
from madlen.api.dependencies import Running
from madlen.api.requests import Words
from madlen.batch import judge as judges
from madlen.batch import results
from madlen.batch.judge import Judge, Kind
from madlen.batch.judging import Progress
from madlen.errors import Unacceptable
from madlen.judgements import Judgement

router = APIRouter(tags=["prompt sets"])


class JudgeRequest(BaseModel):
    model: Annotated[Words, Field(min_length=1, max_length=300)]
    kind: Kind = Field("pairwise", description="Two answers in both orders, or each alone from 1 to 5")
    template: Words = Field(
        "", max_length=judges.TEMPLATE_CHARACTERS, description="Holds `{a}` and for pairs `{b}`; else ours"
    )
    against: Words = Field(
        "", max_length=1000, description="The lane that every other is compared with; else every pair"
    )

    def judge(self) -> Judge:
        template = self.template or judges.TEMPLATES[self.kind]
        return Judge(self.model, self.kind, template, self.against if self.kind == "pairwise" else "")


@router.get("/runs/{run_id}/judgements", summary="What judges said of a run")
def judged(services: Running, run_id: str) -> dict[str, Any]:
    """`progress` is of the last judge that was set to work; `agreement` is each judge's with the votes."""
    session_id = services.store.run_heading(run_id).session_id
    found, votes = services.store.judgements(session_id), services.store.votes_of(session_id)
    agreements = {
        judge: judgements.agreement([one for one in found if one.judge == judge], votes)
        for judge in dict.fromkeys(one.judge for one in found)
    }
    return {
        "progress": _progress(services.judging.progress(run_id)),
        "agreement": [
            {
                "judge": judge,
                "pairs": one.pairs,
                "agreed": one.agreed,
                "share": one.share,
                "kappa": one.kappa,
            }
            for judge, one in agreements.items()
        ],
        "judgements": [_judgement(one) for one in found],
    }


@router.post("/runs/{run_id}/judgements", summary="Judge the answers of a run", status_code=202)
def begin(services: Running, run_id: str, wanted: JudgeRequest) -> dict[str, Any]:
    """Asks for what this judge has not said in this way yet, in the background.

    While another judge is at work on the run nothing is begun; `progress` is then that one's.
    """
    run, judge = services.store.run(run_id), wanted.judge()
    if judge.against and judge.against not in {lane.name for lane in run.lanes}:
        raise Unacceptable(f"The run has no lane “{judge.against[:100]}”.")
    if judge.kind == "pairwise" and len(run.lanes) < 2:
        raise Unacceptable("The run has one lane; two are needed to compare. Ask for a rubric.")
    asked = judges.of_run(
        judge, results.of(run, services.batch.results(run_id), verdicts=services.batch.verdicts.of)
    )
    services.judging.begin(run_id, judge, asked)
    return {"progress": _progress(services.judging.progress(run_id))}


@router.post("/runs/{run_id}/judgements/stop", summary="Stop judging a run")
def stop(services: Running, run_id: str) -> dict[str, Any]:
    """What was judged stays."""
    services.store.run_heading(run_id)
    services.judging.stop(run_id)
    return {"progress": _progress(services.judging.progress(run_id))}


def _progress(value: Progress | None) -> dict[str, Any] | None:
    return (
        None
        if value is None
        else {
            "total": value.total,
            "done": value.done,
            "failed": value.failed,
            "note": value.note,
            "running": value.running,
        }
    )


def _judgement(one: Judgement) -> dict[str, Any]:
    return {
        "judge": one.judge,
        "turn_id": one.turn_id,
        "replies": one.replies,
        "outcome": one.outcome,
        "score": one.score,
        "reason": one.reason,
        "flipped": one.flipped,
        "judged_at": one.judged_at.isoformat(),
        "template": one.template,
    }
