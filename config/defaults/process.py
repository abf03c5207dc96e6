"""The four phases with their checklists, the decision points and the recovery checks.

``{{name}}`` in a command stands for a variable of the incident's component, ``{{incident}}`` for its
reference. Allclear shows and copies commands and never runs one.
"""

from typing import Any

Step = dict[str, Any]


def _steps(group: str, role: str, *steps: Step) -> list[Step]:
    return [{"group": group, "role": role, **step} for step in steps]


PHASES: list[dict[str, Any]] = [
    {
        "key": "detection",
        "name": "Detection and Initial Response",
        "box_from_minutes": 0,
        "box_to_minutes": 15,
        "anchor": "declared",
    },
    {
        "key": "diagnosis",
        "name": "Investigation and Diagnosis",
        "box_from_minutes": 15,
        "box_to_minutes": 60,
        "anchor": "declared",
    },
    {
        "key": "mitigation",
        "name": "Mitigation and Resolution",
        "box_from_minutes": 60,
        "box_to_minutes": 240,
        "anchor": "declared",
    },
    {
        # "30 minutes - 2 hours" counts from mitigation: it cannot be both after hour four and before it.
        "key": "verification",
        "name": "Verification and Monitoring",
        "box_from_minutes": 30,
        "box_to_minutes": 120,
        "anchor": "mitigated",
    },
]

DETECTION: list[Step] = [
    *_steps(
        "Immediate assessment",
        "tech_lead",
        {"text": "List the pods", "command": "kubectl get pods -n {{namespace}}"},
        {
            "text": "Follow the newest log lines",
            "command": "kubectl logs -f deployment/{{service}} --tail=100",
        },
        {"text": "Ask the health endpoint", "command": "curl -s {{internal_url}}/health | jq ."},
    ),
    *_steps(
        "Check monitoring dashboards",
        "tech_lead",
        {"text": "Application health dashboard"},
        {"text": "Infrastructure metrics"},
        {"text": "Error rate trends"},
    ),
    *_steps(
        "On-call engineer, first 30 minutes",
        "",
        {"text": "Initial response and assessment"},
        {"text": "Basic troubleshooting"},
        {"text": "Implementation of known fixes"},
    ),
]

DIAGNOSIS: list[Step] = [
    *_steps(
        "Incident Commander actions",
        "commander",
        {"text": "Assemble response team: identify required expertise"},
        {"text": "Establish communication: set up war room/bridge"},
        {
            "text": "Set investigation timeline: define checkpoints",
            "auto_event": "checkpoint_set",
        },
        {
            "text": "Begin status updates: regular communication cadence",
            "auto_event": "update_published",
        },
    ),
    *_steps(
        "Gather information",
        "tech_lead",
        {
            "text": "Check application logs",
            "command": "kubectl logs deployment/{{service}} -n {{namespace}} --since=1h",
        },
        {
            "text": "Review metrics",
            "command": "curl -s \"{{prometheus_url}}/api/v1/query?query=up{job='{{service}}'}\"",
        },
        {
            "text": "Database health",
            "command": 'psql -h {{database_host}} -U {{database_user}} -c "SELECT 1"',
        },
        {"text": "External dependencies", "command": "curl -s https://api.github.com/rate_limit"},
        {
            "text": "Search the errors of the last hour",
            "command": (
                "kubectl logs -l app={{service}} --since=1h | grep ERROR\n"
                'elasticsearch-query "timestamp:[now-1h TO now] AND level:ERROR"'
            ),
        },
        {
            "text": "Distributed tracing",
            "command": 'jaeger-query --operation="{{operation}}" --start-time="1h ago"',
        },
    ),
    *_steps(
        "Analyze patterns",
        "tech_lead",
        {"text": "Error message analysis", "kind": "prompt"},
        {"text": "Timeline correlation", "kind": "prompt"},
        {"text": "Resource utilization", "kind": "prompt"},
        {"text": "External dependencies", "kind": "prompt"},
    ),
    *_steps(
        "Form hypothesis",
        "tech_lead",
        {"text": "Root cause theories", "auto_event": "hypothesis"},
        {"text": "Impact assessment", "auto_event": "impact_estimated"},
        {"text": "Fix strategies", "kind": "prompt"},
    ),
]

MITIGATION: list[Step] = [
    *_steps(
        "Implement workarounds",
        "tech_lead",
        {
            "text": "Scale up replicas",
            "kind": "change",
            "command": "kubectl scale deployment/{{service}} --replicas=10",
        },
        {
            "text": "Enable circuit breakers",
            "kind": "change",
            "command": (
                "kubectl patch configmap/{{service}}-config "
                """-p '{"data":{"CIRCUIT_BREAKER_ENABLED":"true"}}'"""
            ),
        },
        {
            "text": "Redirect traffic",
            "kind": "change",
            "command": (
                """kubectl patch service/{{service}} -p '{"spec":{"selector":{"version":"stable"}}}'"""
            ),
        },
    ),
    *_steps(
        "Resource allocation",
        "tech_lead",
        {"text": "Increase compute resources"},
        {"text": "Database scaling"},
        {"text": "CDN adjustments"},
    ),
    *_steps(
        "Code fixes",
        "tech_lead",
        {
            "text": "Branch for the emergency hotfix",
            "command": (
                "git checkout main\ngit pull origin main\ngit checkout -b hotfix/incident-response\n"
                "# Make necessary changes"
            ),
        },
        {
            "text": "Commit and push the hotfix",
            "command": (
                'git commit -m "hotfix: resolve incident {{incident}}"\n'
                "git push origin hotfix/incident-response"
            ),
        },
        {
            "text": "Fast-track deployment",
            "kind": "change",
            "command": "kubectl set image deployment/{{service}} {{service}}={{service}}:hotfix-v1.2.3",
        },
        {
            "text": "Rollout finished",
            "kind": "check",
            "command": "kubectl rollout status deployment/{{service}}",
        },
    ),
    *_steps(
        "Configuration updates",
        "tech_lead",
        {
            "text": "Update environment variables",
            "kind": "change",
            "command": (
                """kubectl patch deployment/{{service}} -p '{"spec":{"template":{"spec":{"containers":"""
                """[{"name":"{{service}}","env":[{"name":"MAX_WORKERS","value":"20"}]}]}}}}'"""
            ),
        },
        {
            "text": "Update ConfigMaps",
            "kind": "change",
            "command": (
                "kubectl create configmap {{service}}-config --from-file=config/ --dry-run=client -o yaml"
                " | kubectl apply -f -"
            ),
        },
    ),
]

VERIFICATION: list[Step] = [
    *_steps(
        "Functional testing",
        "tech_lead",
        {
            "text": "Health check verification",
            "kind": "check",
            "command": "curl -s {{internal_url}}/health | jq '.status'",
        },
        {
            "text": "End-to-end testing",
            "kind": "check",
            "command": "python scripts/integration_test.py --env=production",
        },
        {
            "text": "Load testing",
            "kind": "check",
            "command": (
                "locust -f tests/performance/locustfile.py --host={{public_url}} --users=100 "
                "--spawn-rate=10 --run-time=10m --headless"
            ),
        },
    ),
    *_steps(
        "Extended monitoring",
        "commander",
        {"text": "24-hour observation period for SEV-1 incidents"},
        {"text": "Enhanced alerting for related metrics", "auto_event": "watch_set"},
        {"text": "Rollback preparation in case of regression"},
    ),
]

STEPS: dict[str, list[Step]] = {
    "detection": DETECTION,
    "diagnosis": DIAGNOSIS,
    "mitigation": MITIGATION,
    "verification": VERIFICATION,
}

# (phase, question, one side, other side)
DECISION_POINTS: list[tuple[str, str, str, str]] = [
    (
        "diagnosis",
        "Keep looking, or work around it now?",
        "Continue Investigation",
        "Implement Workaround",
    ),
    ("diagnosis", "Are the right people here?", "Scale Response Team", "Maintain Current Team"),
    ("diagnosis", "Who has to hear of it?", "Communicate Externally", "Internal Only"),
]

GATES: list[dict[str, Any]] = [
    {
        "key": "error-rates",
        "name": "Error rates back to baseline",
        "help_text": "Which figure, from where, compared with which day?",
    },
    {
        "key": "response-times",
        "name": "Response times normalized",
        "help_text": "Median and 95th percentile, beside the same hour of last week.",
    },
    {
        "key": "resource-utilization",
        "name": "Resource utilization stable",
        "help_text": "Processor, memory, connections, queue length.",
    },
    {
        "key": "user-metrics",
        "name": "User-facing metrics recovered",
        "help_text": "What users do when all is well: sign-ins, runs started, orders.",
    },
]
