"""Configurations that a board may have at any time, and change for one another: with them all of routing is in play."""

from __future__ import annotations

from hypothesis import strategies as st
from msgspec.structs import replace

from cordboard.engine import Rep, Workstream
from cordboard.engine.automated_messages import AutomatedMessage
from cordboard.engine.config import (
    SECOND,
    Affinity,
    CapacityProfile,
    CustomPresence,
    Overflow,
    Preference,
    PresenceRules,
    Relaxation,
    Ring,
    Skill,
)
from cordboard.engine.hours import OperatingHours, WeeklyOpening
from cordboard.engine.routing_words import (
    AffinityTo,
    AssignmentMethod,
    Distribution,
    LanguageMatching,
    Obstacle,
    Operator,
    OverflowAction,
    OverflowCondition,
    PreferenceFallback,
    ProfileReset,
    SkillMatching,
    WrapUp,
)
from cordboard.engine.rules import Condition, Outputs, Route, Rule, RuleSet
from cordboard.engine.testing.playground import CONFIG
from cordboard.engine.vocabulary import (
    MessageTrigger,
    Presence,
    Weekday,
)

WORKSTREAM = CONFIG.workstreams[0]
REFUND = Condition(field="text", op=Operator.CONTAINS, value="refund")
RULED = replace(
    WORKSTREAM,
    classification=(
        RuleSet(
            name="topics",
            rules=(
                Rule(
                    name="refund", when=REFUND, then=Outputs(priority=5, capacity_cost=2, context={"topic": "refund"})
                ),
                Rule(name="anything", then=Outputs(context={"topic": "other"})),
            ),
        ),
    ),
    routes=(
        Route(
            name="refunds",
            when=Condition(field="context.topic", op=Operator.EQUALS, value="refund"),
            split={"general": 60, "second": 40},
        ),
        Route(name="known", when=Condition(field="known_customer", op=Operator.EQUALS, value=True), queue="second"),
    ),
)
SMS = CapacityProfile(name="sms", limit=1, blocks_assignment=True)
DAY = CapacityProfile(name="day", limit=3, reset=ProfileReset.END_OF_DAY)
PROFILED = replace(
    CONFIG,
    capacity_profiles=(SMS, DAY),
    reps=(replace(CONFIG.reps[0], limits={"sms": 2, "day": 2}), *CONFIG.reps[1:]),
    workstreams=(replace(WORKSTREAM, costs={"day": 1}, wrap_up=60 * SECOND),),
)
REFUNDS_IN_SPANISH = RuleSet(
    name="topics",
    rules=(
        Rule(
            name="refund",
            when=REFUND,
            then=Outputs(priority=5, capacity_cost=2, costs={"sms": 1}, language="es-MX", context={"topic": "refund"}),
        ),
    ),
)
AUTOMATIC = PresenceRules(automatic=True, missed=Presence.INACTIVE, declined=Presence.DO_NOT_DISTURB)
LUNCH = CustomPresence(name="lunch", base=Presence.AWAY)
SHIFT = OperatingHours(
    name="shift", weekly=(WeeklyOpening(days=tuple(Weekday), opens="15:10", closes="15:15"),)
)  # the game begins at 15:06
CONFIGS = st.sampled_from(
    [
        CONFIG,
        PROFILED,
        PROFILED,
        replace(
            PROFILED,
            time_zone="Asia/Tokyo",
            capacity_profiles=(replace(SMS, reset=ProfileReset.END_OF_DAY), replace(DAY, reset=ProfileReset.IMMEDIATE)),
            reps=(replace(CONFIG.reps[0], languages=("es",)), *CONFIG.reps[1:]),
            workstreams=(
                replace(
                    WORKSTREAM,
                    capacity_cost=0,
                    costs={"day": 1},
                    language_matching=LanguageMatching.REQUIRED,
                    classification=(REFUNDS_IN_SPANISH,),
                ),
            ),
        ),
        replace(CONFIG, presence=AUTOMATIC),
        replace(
            CONFIG,
            presence=AUTOMATIC,
            presences=(LUNCH,),
            workstreams=(replace(WORKSTREAM, wrap_up=60 * SECOND, allowed_presences=(Presence.BUSY,)),),
        ),
        replace(CONFIG, presences=(replace(LUNCH, base=Presence.OFFLINE),)),
        replace(
            CONFIG,
            presences=(replace(LUNCH, base=Presence.BUSY),),
            hours=(SHIFT,),
            reps=(replace(CONFIG.reps[0], hours="shift"), *CONFIG.reps[1:]),
        ),
        replace(CONFIG, workstreams=(RULED,)),
        replace(CONFIG, workstreams=(replace(RULED, capacity_cost=2, wrap_up=60 * SECOND),)),
        replace(CONFIG, workstreams=(replace(WORKSTREAM, wrap_up=60 * SECOND, capacity_cost=2),)),
        replace(CONFIG, workstreams=(replace(WORKSTREAM, wrap_up=WrapUp.ALWAYS),)),
        replace(CONFIG, workstreams=(replace(WORKSTREAM, affinity=Affinity(wait=120 * SECOND)),)),
        replace(
            CONFIG,
            workstreams=(
                replace(
                    WORKSTREAM,
                    auto_assign=True,
                    affinity=Affinity(wait=30 * SECOND, despite=(Obstacle.PRESENCE, Obstacle.CAPACITY)),
                ),
            ),
        ),
        replace(CONFIG, workstreams=(replace(WORKSTREAM, affinity=Affinity(to=AffinityTo.NONE)),)),
        replace(CONFIG, workstreams=(replace(WORKSTREAM, distribution=Distribution.PICK),)),
        replace(CONFIG, workstreams=(replace(WORKSTREAM, auto_accept=True, max_declines=1),)),
        replace(CONFIG, workstreams=(WORKSTREAM, Workstream(name="sales", queue="second"))),
        replace(CONFIG, reps=(Rep(name="ana", capacity=1), *CONFIG.reps[1:])),
        replace(CONFIG, queues=(replace(CONFIG.queues[0], reps=("ben",)),), reps=CONFIG.reps[1:]),
        replace(
            CONFIG,
            skills=(Skill(name="billing"),),
            reps=(replace(CONFIG.reps[0], skills={"billing": 3}), *CONFIG.reps[1:]),
            workstreams=(
                replace(
                    WORKSTREAM,
                    skills={"billing": 2},
                    skill_relaxation=(
                        Relaxation(after=30 * SECOND, lower_by=1),
                        Relaxation(after=150 * SECOND, skill_matching=SkillMatching.CLOSEST),
                    ),
                ),
            ),
        ),
        replace(
            CONFIG,
            skills=(Skill(name="billing"),),
            queues=(
                replace(
                    CONFIG.queues[0],
                    assignment=AssignmentMethod.BULLSEYE,
                    rings=(Ring(reps=("ben",)), Ring(after=30 * SECOND)),
                    escalate_after=120 * SECOND,
                ),
                replace(CONFIG.queues[1], priority=-1, ageing=60 * SECOND, assignment=AssignmentMethod.ROUND_ROBIN),
            ),
        ),
        replace(
            CONFIG,
            queues=(
                replace(
                    CONFIG.queues[0],
                    assignment=AssignmentMethod.PREFERRED_REPS,
                    fallback=PreferenceFallback.WAIT,
                ),
                replace(CONFIG.queues[1], assignment=AssignmentMethod.LEAST_ACTIVE),
            ),
            preferences=(Preference(customer="+14155550100", reps=("sue", "ben")),),
        ),
        replace(
            CONFIG,
            workstreams=(RULED,),
            queues=(
                replace(
                    CONFIG.queues[0],
                    overflow=(
                        Overflow(when=OverflowCondition.LENGTH, limit=1, do=OverflowAction.TRANSFER, queue="second"),
                        Overflow(when=OverflowCondition.WAITED, over=120 * SECOND, do=OverflowAction.LATER),
                        Overflow(when=OverflowCondition.WAITED, over=600 * SECOND, do=OverflowAction.END),
                    ),
                ),
                replace(
                    CONFIG.queues[1],
                    hours="never",
                    overflow=(
                        Overflow(
                            when=OverflowCondition.EXPECTED_WAIT,
                            over=30 * SECOND,
                            do=OverflowAction.TRANSFER,
                            queue="general",
                        ),
                        Overflow(when=OverflowCondition.OUT_OF_HOURS, do=OverflowAction.LATER),
                        Overflow(
                            when=OverflowCondition.WAITED, over=30 * SECOND, do=OverflowAction.TRANSFER, queue="general"
                        ),
                    ),
                ),
            ),
            hours=(OperatingHours(name="never"),),
        ),
        replace(
            CONFIG,
            presence=AUTOMATIC,
            queues=(
                replace(
                    CONFIG.queues[0],
                    assignment=AssignmentMethod.BULLSEYE,
                    rings=(Ring(reps=("ben",)), Ring(after=30 * SECOND)),
                    overflow=(
                        Overflow(when=OverflowCondition.LENGTH, limit=2, do=OverflowAction.TRANSFER, queue="second"),
                        Overflow(when=OverflowCondition.WAITED, over=120 * SECOND, do=OverflowAction.LATER),
                    ),
                ),
                CONFIG.queues[1],
            ),
            workstreams=(replace(WORKSTREAM, auto_assign=True, max_declines=1, affinity=Affinity(wait=120 * SECOND)),),
        ),
        replace(
            CONFIG,
            automated_messages=tuple(
                AutomatedMessage(trigger=each, text=f"{each.value} {{queue_name}}") for each in MessageTrigger
            ),
            workstreams=(replace(WORKSTREAM, automated_per_hour=20),),
        ),
    ]
)
