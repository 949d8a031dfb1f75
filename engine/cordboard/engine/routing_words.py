"""The words of routing: who gets what, in which order, and what keeps it from whom."""

from __future__ import annotations

from cordboard.engine.vocabulary import Word


class Distribution(Word):
    """How a workstream's conversations reach reps."""

    PUSH = "push"
    """The router offers them."""

    PICK = "pick"
    """Reps take them from the queue themselves."""


class AffinityTo(Word):
    """Whom a conversation goes to that a customer's text brings back."""

    LAST_REP = "last_rep"
    """Who last had it."""

    NONE = "none"
    """Whoever the queue chooses."""


class Obstacle(Word):
    """What can keep a conversation from the rep who last had it."""

    PRESENCE = "presence"
    """Its workstream does not allow their presence."""

    CAPACITY = "capacity"
    """They have too little capacity free, or of a capacity profile, or one that they have used up blocks assignment."""

    SKILLS = "skills"
    """They lack a skill that it needs."""

    OFFLINE = "offline"
    """They are offline."""


class WrapUp(Word):
    """Whether a conversation still holds its rep's capacity when they have closed it; beside a length of time."""

    NONE = "none"
    """It does not."""

    ALWAYS = "always"
    """Until the rep says that they are done."""


class AssignmentMethod(Word):
    """How a queue chooses among the reps who could take a conversation."""

    HIGHEST_CAPACITY = "highest_capacity"
    """Most free capacity first."""

    ROUND_ROBIN = "round_robin"
    """Everybody in turn: earliest last assignment first, whichever queue that was on."""

    LEAST_ACTIVE = "least_active"
    """Whose last conversation ended, or was parked, the longest ago; who has had none yet comes first."""

    MOST_PROFICIENT = "most_proficient"
    """The highest ratings in the skills that are asked for, added up."""

    PREFERRED_REPS = "preferred_reps"
    """The customer's own reps, in their order; for everybody else, most free capacity first."""

    BULLSEYE = "bullseye"
    """Rings of reps that widen while the customer waits; within a ring, most free capacity first."""

    CUSTOM = "custom"
    """Filter and order are configured."""


class SkillMatching(Word):
    """What a conversation's required skills decide."""

    EXACT = "exact"
    """Only reps who have every one of them, rated as high or higher."""

    CLOSEST = "closest"
    """Anybody, whoever comes closest first."""

    NONE = "none"
    """Nothing."""


class LanguageMatching(Word):
    """What the language of a conversation decides."""

    NONE = "none"
    """Nothing."""

    PREFERRED = "preferred"
    """Reps who speak it go first."""

    REQUIRED = "required"
    """Only reps who speak it."""


class ProfileReset(Word):
    """When units of a capacity profile that were taken are free again."""

    IMMEDIATE = "immediate"
    """With the conversation: when it is parked, handed on or closed, or its wrap-up ends."""

    END_OF_DAY = "end_of_day"
    """At midnight in the board's time zone, whatever becomes of the conversation."""


class PreferenceFallback(Word):
    """What happens where none of a customer's own reps can take a conversation."""

    OTHERS = "others"
    """Anybody else of the queue gets it."""

    WAIT = "wait"
    """It waits for one of them."""


class QueueOrder(Word):
    """What a waiting list is ordered by, among conversations of one priority."""

    OLDEST = "oldest"
    """Whose oldest unanswered text is the oldest."""

    DEADLINE = "deadline"
    """Whose answer is due first, by the queue's service level: it tells among the queues of one rep."""


class RepOperator(Word):
    """How a custom assignment's filter compares."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class PassedOver(Word):
    """Why a rep does not get a conversation."""

    OFFLINE = "offline"
    """They are offline."""

    HOURS = "hours"
    """They do not work now."""

    DRAINING = "draining"
    """They finish what they have, and get no more."""

    PRESENCE = "presence"
    """Its workstream does not allow their presence."""

    CAPACITY = "capacity"
    """They have too little capacity free."""

    PROFILE = "profile"
    """They have too little free of a capacity profile that it takes."""

    BLOCKED = "blocked"
    """They have used up a capacity profile that blocks all assignment."""

    SKILLS = "skills"
    """They lack a skill it needs."""

    LANGUAGE = "language"
    """They do not speak its language."""

    RING = "ring"
    """They are in no ring that is open yet."""

    PREFERENCE = "preference"
    """Its customer waits for somebody else."""

    AFFINITY = "affinity"
    """It waits for the rep who last had it."""

    FILTER = "filter"
    """The queue's custom assignment leaves them out."""

    DECLINED = "declined"
    """They have declined, missed or given it back as often as may be."""

    PICK = "pick"
    """Nobody is offered it: its workstream lets reps pick."""

    NOTHING = "nothing"
    """Nothing is in the way."""


class Coming(Word):
    """What changes by itself for a conversation that waits."""

    RELAXATION = "relaxation"
    """Fewer skills are asked of reps."""

    RING = "ring"
    """Another ring of reps opens."""

    ANYBODY = "anybody"
    """It does not wait for its last rep alone any more."""

    ESCALATION = "escalation"
    """It goes before everything else."""

    OVERFLOW = "overflow"
    """Its queue overflows."""

    END = "end"
    """It is closed, since nobody took it."""

    QUEUE_OPENS = "queue_opens"
    QUEUE_CLOSES = "queue_closes"

    WORK_BEGINS = "work_begins"
    """Working hours begin of reps who serve its queue."""

    WORK_ENDS = "work_ends"


class Operator(Word):
    """How a rule's condition compares a field with a value; upper and lower case are the same."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    """It equals one of a list."""

    CONTAINS = "contains"
    CONTAINS_ANY = "contains_any"
    """It contains at least one of a list."""

    STARTS_WITH = "starts_with"
    MATCHES = "matches"
    """A regular expression, in the language of RE2, is found in it."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    """From the first of two times of day on, and before the second; through midnight where that is the earlier one."""

    EXISTS = "exists"
    """Whether it has been set at all."""


class OverflowCondition(Word):
    """When a queue overflows."""

    OUT_OF_HOURS = "out_of_hours"
    """It is closed."""

    LENGTH = "length"
    """So many wait there already."""

    EXPECTED_WAIT = "expected_wait"
    """Who came now would wait for longer than that."""

    WAITED = "waited"
    """A conversation has been there for so long, and nobody has taken it."""


class OverflowAction(Word):
    """What a queue does with a conversation when it overflows."""

    QUEUE = "queue"
    """It waits there like any other."""

    TRANSFER = "transfer"
    """It goes to another queue."""

    END = "end"
    """It is closed."""

    LATER = "later"
    """It keeps its place, and its customer is told when they will be answered."""
