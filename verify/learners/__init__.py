"""Learners that really run: tabular softmax policies on the full multigraph, trained by sampling or exactly.

    learning         what they share: a maze, a policy, a budget and a seed -> a policy and a trace
    edges            the policy: a row of logits for every directed edge, tied across branches or not
    sft              imitation of golden paths: SGD, population descent, flow
    policy_gradient  RLVR that samples: REINFORCE, GRPO
    exact            RLVR on the exact gradient: sign, descent, normalised, flow
    distillation     imitation of a teacher's traces, all messy or a share of them
    own_walks        rejection-sampling fine-tuning, DAgger
    dense, witness   what some of them should give, by linear algebra on the chain

But for `exact`, which wraps them, they share no code with `theory.hitting`, `theory.dynamics` and `theory.truncated`,
whose witnesses they are.
"""
