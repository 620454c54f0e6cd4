#!/usr/bin/env python3
"""Writes the logs that Lightning's CSVLogger and Hugging Face's Trainer leave of short trainings.

    Tests/Programs/make_fixtures.py [FOLDER]     # default: Tests/Programs/Fixtures

On the first run both are installed, with PyTorch, into .build-venv/trainers; later runs need no
network. Checkpoints are not kept: the fixtures are the logs.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / ".build-venv" / "trainers"
PACKAGES = ["torch==2.13.*", "lightning==2.6.*", "transformers==5.24.*", "accelerate"]


def inside_venv():
    if pathlib.Path(sys.prefix) == VENV:
        return
    if not (VENV / ".complete").exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        subprocess.run([VENV / "bin/python", "-m", "pip", "install", "--quiet", *PACKAGES],
                       check=True)
        (VENV / ".complete").touch()
    os.execv(VENV / "bin/python", [str(VENV / "bin/python"), __file__, *sys.argv[1:]])


def lightning_log(folder):
    """Logs the training loss every second step and the validation loss every epoch, so one step can
    have two sparse rows."""
    import lightning
    import torch
    from lightning.pytorch.loggers import CSVLogger

    class Line(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.save_hyperparameters({"lr": 0.1})
            self.layer = torch.nn.Linear(1, 1)

        def loss(self, batch):
            return ((self.layer(batch[0]) - 3 * batch[0]) ** 2).mean()

        def training_step(self, batch, _):
            loss = self.loss(batch)
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch, _):
            self.log("val_loss", self.loss(batch))

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    lightning.seed_everything(1)
    points = torch.utils.data.TensorDataset(torch.rand(40, 1))
    loader = torch.utils.data.DataLoader(points, batch_size=8)
    trainer = lightning.Trainer(
        accelerator="cpu", max_epochs=3, log_every_n_steps=2, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
        logger=CSVLogger(folder, name="lightning_logs"))
    trainer.fit(Line(), loader, loader)
    return pathlib.Path(trainer.logger.log_dir)


def hugging_face_log(folder):
    """trainer_state.json as the Trainer writes it, and its log as JSON lines, written by a
    callback."""
    import torch
    import transformers

    class Lines(transformers.TrainerCallback):
        def on_log(self, arguments, state, control, logs=None, **_):
            with open(pathlib.Path(arguments.output_dir) / "log.jsonl", "a") as file:
                file.write(json.dumps({"step": state.global_step, **logs}) + "\n")

    class Line(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def forward(self, x, labels=None):
            out = self.layer(x)
            return {"loss": ((out - labels) ** 2).mean(), "logits": out}

    class Points(torch.utils.data.Dataset):
        def __len__(self):
            return 40

        def __getitem__(self, i):
            return {"x": torch.tensor([i / 40]), "labels": torch.tensor([3 * i / 40])}

    arguments = transformers.TrainingArguments(
        output_dir=str(folder), num_train_epochs=3, per_device_train_batch_size=8, logging_steps=3,
        eval_strategy="epoch", save_strategy="no", report_to=[], use_cpu=True, seed=1,
        disable_tqdm=True)
    trainer = transformers.Trainer(
        Line(), arguments, train_dataset=Points(), eval_dataset=Points(), callbacks=[Lines()])
    trainer.train()
    trainer.save_state()
    return folder


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "Tests/Programs/Fixtures"
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        for name, make in [("lightning", lightning_log), ("hugging-face", hugging_face_log)]:
            (work / name).mkdir()
            made = make(work / name)
            shutil.rmtree(folder / name, ignore_errors=True)
            (folder / name).mkdir(parents=True)
            for path in sorted(made.iterdir()):
                if path.suffix in {".csv", ".yaml", ".json", ".jsonl"}:
                    shutil.copyfile(path, folder / name / path.name)


if __name__ == "__main__":
    inside_venv()
    main()
