"""Category values as the tables hold them, and how often."""

from __future__ import annotations

SEGMENTS_FIRST = {"Enterprise": 1500, "Mid-Market": 2500, "SMB": 3800, "Startup": 2200}
SEGMENTS_SECOND = {
    "Champion": 800,
    "Loyal Customer": 1400,
    "Potential Loyalist": 1800,
    "New Customer": 1500,
    "At Risk": 1900,
    "Hibernating": 1600,
    "Lost": 1000,
}
STAGES_FIRST = {
    "Lead": 2000,
    "MQL": 1700,
    "SQL": 1500,
    "Opportunity": 1400,
    "Customer": 2600,
    "Champion": 800,
}
STAGES_SECOND = {"Activation": 1800, "Growth": 2300, "Maturity": 2600, "Retention": 1900, "Dormant": 1400}

CHANNELS = {
    "Webinar": 1400,
    "Email": 1500,
    "Event": 1400,
    "Organic Search": 1400,
    "Paid Search": 1400,
    "Social Media": 1400,
    "Marketing Driven": 600,
    "Sales Driven": 500,
    "Support Driven": 400,
}
FUNNEL_CHANNELS = {
    "Webinar": 1300,
    "Email": 1500,
    "Event": 1400,
    "Organic Search": 1400,
    "Paid Search": 1400,
    "Social Media": 1400,
    "Content Marketing": 1600,
}

# Low and high risk weigh the same, so that risk shifts health without shifting its mean anywhere else.
RISK_LEVELS = {
    "Very Low": 1500,
    "Low": 2200,
    "Medium": 2400,
    "High": 2200,
    "Critical": 1500,
    "High Activity Risk": 200,
}
VELOCITIES = {"Accelerating": 2800, "Stable": 3400, "Volatile": 1700, "Declining": 2100}
STAGNANT = "Stagnant"
STAGNANT_RISK = "High Activity Risk"

ENGAGEMENT_MODELS = {
    "Standard Engagement": 5200,
    "Executive Relationship Management": 1500,
    "Retention & Recovery Initiatives": 2100,
    "Dedicated Account Management": 1200,
}
RISK_CATEGORIES = {"Minimal": 2600, "Low": 3000, "Medium": 2700, "High Risk": 1700}
GRADES = ("A", "B", "C", "D", "F")
DEPTHS = ("None", "Shallow", "Moderate", "Deep")
PATTERNS = ("Full Journey", "Marketing Only", "Marketing to Sales", "Sales to Support", "Direct Purchase")
"""customer_journey_pattern."""
