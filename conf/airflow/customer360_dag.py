"""customer360 every night by Airflow: check the tables, then compute, publish and report.

Copy it to the DAG folder. Needs apache-airflow-providers-apache-spark, and a connection `spark_customer360` of type
Spark: its host is the master (spark://HOST:7077 or yarn); its extra {"deploy-mode": "client"} shows a task the run's
exit code.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from airflow import DAG
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

# where docs/spark-submit.md puts customer360.py, env/ and conf/spark
HOME = Path("/opt/customer360")
LAKE = "/shared/lake"
RESULTS = "/shared/results"
REPORTS = "/shared/reports"

with DAG(
    dag_id="customer360",
    description="Checks customer360 tables, publishes the analyses, writes the reports",
    schedule="30 4 * * *",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    # a missed night is no run of its own: the next one reads everything there is
    catchup=False,
    max_active_runs=1,
    default_args={
        "conn_id": "spark_customer360",
        "application": str(HOME / "customer360.py"),
        "properties_file": str(HOME / "conf" / "spark" / "standalone.properties"),
        "packages": "io.delta:delta-spark_4.2_2.13:4.4.0",
        # the key that hides customer keys comes from Airflow's secrets, never from this file
        "env_vars": {
            "PYSPARK_DRIVER_PYTHON": str(HOME / "env" / "bin" / "python"),
            "CUSTOMER360_HMAC_KEY": "{{ var.value.customer360_hmac_key }}",
        },
        # safe: the same inputs are the same run, published once
        "retries": 2,
        "retry_delay": dt.timedelta(minutes=5),
        "execution_timeout": dt.timedelta(hours=4),
    },
    params={"analyses": "", "lang": "en,zh", "force": "false"},
) as dag:
    check = SparkSubmitOperator(
        task_id="check",
        name="customer360-check",
        application_args=["check", f"--lake={LAKE}", f"--results={RESULTS}"],
        # exit code 4 is for people: a rule about the data failed, and will again
        retries=0,
    )
    run = SparkSubmitOperator(
        task_id="run",
        name="customer360-run",
        application_args=[
            "run",
            "--analyses={{ params.analyses }}",
            f"--lake={LAKE}",
            f"--results={RESULTS}",
            f"--reports={REPORTS}",
            "--lang={{ params.lang }}",
            "--force={{ params.force }}",
        ],
    )
    check >> run
